import FoundationEssentials
import Logging
import RiderBus
import RiderJournal
import RiderModel
import Synchronization
import Testing

@testable import RiderRecovery

/// The server on a real socket, with a real journal behind it.
@Suite(.timeLimit(.minutes(1))) struct RecoveryServerTests {
    /// Runs a server around the body.
    private func serve<Value: Sendable>(
        rows: Int, configure: (inout RecoveryConfiguration) -> Void = { _ in },
        _ body: @Sendable (_ dealer: Dealer, _ journal: Journal) async throws -> Value
    ) async throws -> Value {
        let directory = FileManager.default.temporaryDirectory.path + "/rider-recovery-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        let journal = try await Journal.open(directory: directory, who: "test", logger: logger)
        let context = try ZeroMQContext()
        var configuration = RecoveryConfiguration(
            publisherID: journal.publisherID, endpoint: .bind("127.0.0.1", port: 0))
        configure(&configuration)
        let server = RecoveryServer(
            configuration: configuration, context: context,
            environment: .init(
                published: { [.text: Int64(rows)] },
                page: { try await journal.reader.page(of: $0, numbers: $1, limit: $2, maxBytes: $3) },
                rows: { try await journal.reader.rows(of: $0, numbers: $1) },
                deliveries: { journal.recordDelivery($0) }), logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await journal.run() }
            group.addTask { try await server.run() }
            for start in stride(from: 0, to: rows, by: 500) {
                _ = try await journal.append(
                    (start..<min(rows, start + 500)).map { number in
                        JournalEntry(
                            taskID: "t\(number)", taskType: .textNLU, topic: .text, priority: .standard, attempt: 1,
                            status: .completed, waitMilliseconds: 0, processingMilliseconds: nil,
                            recordedAt: TimeSource.system.wall(),
                            body: Array(#"{"task_id":"t\#(number)"}"#.utf8))
                    })
            }
            while server.openAddress == nil { await Task.yield() }
            let dealer = try Dealer(context, address: server.openAddress ?? "")
            let value = try await body(dealer, journal)
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
            return value
        }
    }

    @Test func tenThousandMissedMessagesComeWithinTheWindowWhileRequestsAreSmall() async throws {
        try await serve(rows: 10_000) { dealer, journal in
            let numbers = try await dealer.recover(1...10_000, of: journal.publisherID)
            #expect(numbers.elementsEqual(1...10_000), "\(numbers.count) came")
        }
    }

    @Test func acknowledgedRowsAreAcknowledgedInTheJournal() async throws {
        try await serve(rows: 3_000) { dealer, journal in
            journal.recordDelivery([DeliveryRange(first: 1, last: 3_000, state: .uncertain)])
            try dealer.send(
                .acknowledge(
                    publisherID: journal.publisherID, ranges: [NumberRange(topic: .text, numbers: 1...2_500)]))
            var through: Int64 = 0
            while through < 2_500 {
                guard case .acknowledged(_, let ranges) = try await dealer.next() else { continue }
                through = ranges.last?.numbers.upperBound ?? through
            }
            var runs: [DeliveryRange] = []
            while runs.first?.last != 2_500 { runs = try await journal.reader.deliveryRanges() }
            #expect(
                runs == [
                    DeliveryRange(first: 1, last: 2_500, state: .robotAcknowledged),
                    DeliveryRange(first: 2_501, last: 3_000, state: .uncertain),
                ])
        }
    }

    @Test func aRequestThatIsTooLargeIsRefusedAndTheServerGoesOn() async throws {
        try await serve(rows: 10) { dealer, journal in
            try dealer.send(frames: [[UInt8](repeating: UInt8(ascii: " "), count: 70_000)])
            guard case .refused(let refusal) = try await dealer.next() else { return #expect(Bool(false)) }
            #expect(refusal.reason == .tooLarge)
            #expect(try await dealer.recover(1...10, of: journal.publisherID).count == 10)
        }
    }

    @Test func aListenerThatReadsNothingHoldsUpNobody() async throws {
        try await serve(rows: 5_000, configure: { $0.windowBytes = 4_096 }) { dealer, journal in
            let silent = try dealer.sibling()
            try silent.send(
                .get(id: 1, publisherID: journal.publisherID, ranges: [NumberRange(topic: .text, numbers: 1...5_000)]))
            _ = try await silent.next()
            #expect(try await dealer.recover(1...5_000, of: journal.publisherID).count == 5_000)
        }
    }
}

/// A listener's end of the connection.
///
/// `@unchecked Sendable`: each test uses its dealer from one task at a time.
final class Dealer: @unchecked Sendable {
    private let context: ZeroMQContext
    private let socket: ZeroMQSocket
    private let address: String

    init(_ context: ZeroMQContext, address: String) throws {
        self.context = context
        self.address = address
        socket = try ZeroMQSocket(.dealer, in: context)
        try socket.connect(address)
    }

    func sibling() throws -> Dealer { try Dealer(context, address: address) }

    func send(_ request: ListenerRequest) throws {
        try send(frames: [request.encoded])
    }

    func send(frames: [[UInt8]]) throws {
        #expect(try socket.send(frames) == .sent)
    }

    func next() async throws -> RecoveryAnswer {
        while true {
            if case .message(let frames) = try socket.receive(maximumFrames: 1_000) {
                return try #require(RecoveryAnswer(frames: frames))
            }
            await Task.yield()
        }
    }

    /// Asks for numbers, credits what it reads, and returns the numbers of the messages.
    func recover(_ numbers: ClosedRange<Int64>, of publisherID: String) async throws -> [Int64] {
        try send(.get(id: 5, publisherID: publisherID, ranges: [NumberRange(topic: .text, numbers: numbers)]))
        var found: [Int64] = []
        var bytes: Int64 = 0
        while true {
            let answer = try await next()
            bytes += Int64(answer.frames.reduce(0) { $0 + $1.count })
            switch answer {
            case .history(5, _, let bodies):
                found += bodies.compactMap { RiderMark(in: $0)?.topicSeq }
                try send(.credit(id: 5, bytes: bytes))
            case .end: return found
            default: Issue.record("unexpected answer \(answer.short)")
            }
        }
    }
}
