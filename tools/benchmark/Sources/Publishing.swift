import Logging
import Metrics
import RiderBus
import RiderExecution
import RiderJournal
import RiderModel
import RiderPublisher
import Synchronization

/// A publisher with a listener, and no journal behind it.
struct Publishing {
    let publisher: TelemetryPublisher
    private let delivered: Delivered

    private final class Delivered: Sendable {
        /// The last number that was handed off to the listener, and how many were.
        let last = Atomic<Int64>(0)
        let count = Atomic<Int64>(0)
    }

    init(port: Int) throws {
        let delivered = Delivered()
        self.delivered = delivered
        var configuration = TelemetryConfiguration(
            publisherID: String(repeating: "0", count: 32), endpoint: try Endpoint(parsing: "bind://127.0.0.1:\(port)"))
        configuration.bufferMessages = 2_000_000
        configuration.bufferBytes = 4 << 30
        configuration.deliveryFlushMilliseconds = 20
        publisher = TelemetryPublisher(
            configuration: configuration, context: try ZeroMQContext(),
            environment: .init(readJournal: { _, _ in [] }) { ranges in
                for range in ranges where range.state == .handedOff {
                    delivered.count.add(range.last - range.first + 1, ordering: .relaxed)
                    delivered.last.store(range.last, ordering: .relaxed)
                }
            },
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }, factory: NOOPMetricsHandler.instance)
    }

    static func record(_ seq: Int64, bytes: Int) -> JournalRecord {
        let start = Array(#"{"task_id":"018f2c50-0000-7000-8000-000000000000","text":""#.utf8)
        let filling = [UInt8](repeating: UInt8(ascii: "x"), count: max(0, bytes - start.count - 2))
        return JournalRecord(
            seq: seq, topicSeq: seq, topic: .text, recordedAt: UnixTime(milliseconds: 1_763_035_207_000),
            body: start + filling + Array("\"}".utf8))
    }

    /// Publishes while `body` runs, on a thread of its own: a measured caller must not share one with others. Sends
    /// messages until the listener has one, then calls `body` with the next number.
    func run(_ body: @escaping @Sendable (_ firstSeq: Int64) -> Void) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await publisher.run()
                return false
            }
            group.addTask {
                try await DetachedThread.run(name: "bench", stop: {}) {
                    var seq: Int64 = 0
                    while delivered.last.load(ordering: .relaxed) == 0 {
                        seq += 1
                        publisher.submit([Self.record(seq, bytes: 64)])
                        Measured.sleep(until: Measured.now() + 20_000_000)
                    }
                    body(seq + 1)
                    return true
                }
            }
            while let isDone = try await group.next() {
                if isDone { group.cancelAll() }
            }
        }
    }

    /// Messages that the listener's socket has taken, with those before the measurement.
    var sent: Int64 { delivered.count.load(ordering: .relaxed) }

    /// Blocks until the listener's socket has taken a row.
    func waitUntilDelivered(_ seq: Int64) {
        while delivered.last.load(ordering: .relaxed) < seq { Measured.sleep(until: Measured.now() + 100_000) }
    }
}
