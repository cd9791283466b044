import CoreMetrics
import Foundation
import RiderModel
import Synchronization
import Testing

@testable import RiderProviders

/// The contract's sample messages.
enum Fixture {
    static func bytes(_ name: String) throws -> [UInt8] {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        return Array(try Data(contentsOf: folder.appending(path: "RiderModelTests/Fixtures/\(name)")))
    }

    static func task(_ name: String) throws -> ClaimedTask {
        claimed(try TaskEnvelope(parsing: bytes(name)))
    }
}

func claimed(_ envelope: TaskEnvelope) -> ClaimedTask {
    ClaimedTask(
        envelope: envelope, lease: .init(position: 1, attempt: 1), enqueuedAt: UnixTime(milliseconds: 0),
        waited: .zero)
}

func task(_ type: TaskType, _ payload: JSONValue, meta: JSONValue? = nil) throws -> ClaimedTask {
    claimed(try TaskEnvelope(id: "t-1", type: type, payload: payload.encoded, meta: meta?.encoded))
}

extension TaskResult {
    /// The result object taken apart.
    var json: JSONValue { get throws { try JSONValue(parsing: output ?? Array("null".utf8)) } }

    func metaValue(_ key: String) -> JSONValue? { JSONValue.object(meta)[key] }
}

/// A clock that moves when told.
final class ManualClock: Sendable {
    private let nanoseconds = Mutex<UInt64>(1_000_000_000)

    func advance(by duration: Duration) {
        nanoseconds.withLock { $0 += UInt64(duration.inSeconds * 1e9) }
    }

    var source: TimeSource {
        TimeSource(
            wall: { UnixTime(milliseconds: 0) }, monotonicNanoseconds: { self.nanoseconds.withLock { $0 } })
    }
}

/// Keeps the values that metrics were given.
final class RecordedMetrics: MetricsFactory {
    private let values = Mutex<[String: Double]>([:])

    /// The counter's sum or the gauge's last value; nil when nothing was ever recorded.
    subscript(label: String, dimensions: (String, String)...) -> Double? {
        values.withLock { $0[Self.key(label, dimensions)] }
    }

    private static func key(_ label: String, _ dimensions: [(String, String)]) -> String {
        label + "{" + dimensions.map { "\($0.0)=\($0.1)" }.sorted().joined(separator: ",") + "}"
    }

    private final class Handler: CounterHandler, RecorderHandler, TimerHandler, MeterHandler,
        FloatingPointCounterHandler
    {
        let owner: RecordedMetrics
        let key: String

        init(_ owner: RecordedMetrics, _ key: String) {
            self.owner = owner
            self.key = key
        }

        func add(_ value: Double) { owner.values.withLock { $0[key, default: 0] += value } }
        func increment(by value: Int64) { add(Double(value)) }
        func increment(by value: Double) { add(value) }
        func decrement(by value: Double) { add(-value) }
        func reset() { owner.values.withLock { $0[key] = 0 } }
        func record(_ value: Int64) { set(Double(value)) }
        func record(_ value: Double) { set(value) }
        func set(_ value: Int64) { set(Double(value)) }
        func set(_ value: Double) { owner.values.withLock { $0[key] = value } }
        func recordNanoseconds(_ duration: Int64) { set(Double(duration)) }
    }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        Handler(self, Self.key(label, dimensions))
    }
    func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        Handler(self, Self.key(label, dimensions))
    }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        Handler(self, Self.key(label, dimensions))
    }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        Handler(self, Self.key(label, dimensions))
    }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        Handler(self, Self.key(label, dimensions))
    }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
}

/// A folder of one test's own.
func withTemporaryFolder<Success>(_ body: (String) async throws -> Success) async throws -> Success {
    let folder = FileManager.default.temporaryDirectory.appending(path: "rider-providers-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path())
}

/// Runs a provider beside a test and ends it with the test.
func running<Success: Sendable>(
    _ provider: DomainProvider, _ body: @escaping @Sendable () async throws -> Success
) async throws -> Success {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            do { try await provider.run() } catch is CancellationError {}
        }
        let result: Result<Success, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        group.cancelAll()
        try await group.waitForAll()
        return try result.get()
    }
}
