import Foundation
import RiderModel
import RiderQueue
import Synchronization
import Testing

@testable import rider

@Suite struct EnqueueLinesTests {
    private let folder = FileManager.default.temporaryDirectory.appending(path: "rider-" + UUID().uuidString)

    private func queue(maxSize: Int = 10_000, maxTaskBytes: Int = 4 << 20) async throws -> EmbeddedQueue {
        var configuration = QueueConfiguration()
        configuration.maxSize = maxSize
        configuration.maxTaskBytes = maxTaskBytes
        return try await EmbeddedQueue(
            path: folder.appending(path: "queue.db").path(percentEncoded: false), owner: "test",
            configuration: configuration)
    }

    /// - Returns: the report and the numbers of refused lines.
    private func put(
        _ text: String, into queue: any TaskQueue, type: TaskType? = .textNLU, patience: Duration? = nil,
        lineLimit: Int = 1000, onWait: @escaping (Int) -> Void = { _ in }
    ) async throws -> (report: EnqueueReport, refused: [Int]) {
        defer { try? FileManager.default.removeItem(at: folder) }
        let refused = Mutex<[Int]>([])
        var splitter = LineSplitter(limit: lineLimit)
        var lines: [LineSplitter.Line] = []
        splitter.split(Array(text.utf8), into: &lines)
        splitter.end(into: &lines)
        var run = EnqueueLines(
            enqueuer: Enqueuer(queue: queue, patience: patience, clock: .continuous, onWait: onWait),
            template: TaskTemplate(type: type), maxTaskBytes: lineLimit,
            onRefusal: { line, _ in refused.withLock { $0.append(line) } })
        let report = try await run.run { count in
            defer { lines.removeFirst(min(count, lines.count)) }
            return Array(lines.prefix(count))
        }
        return (report, refused.withLock { $0 })
    }

    @Test func badLinesAreReportedWithTheirNumbersAndTheRestGoIn() async throws {
        let queue = try await queue()
        let text = """
            {"text":"one"}
            not json

            [1]
            {"text":"five"}
            {"text":"\(String(repeating: "x", count: 1000))"}
            {"text":"last"}
            """
        let (report, refused) = try await put(text, into: queue)
        #expect(refused == [2, 4, 6])
        #expect(report.queued == 3)
        #expect(report.status == .partlyDone)
        #expect(try await queue.stats().totalWaiting == 3)
    }

    @Test func envelopesKeepTheirBytesAndGetAnIDWhenTheyHaveNone() async throws {
        let queue = try await queue()
        let text = """
            { "task_type" : "text.nlu", "payload": {"text" : "a"}, "priority": 1, "extra": true }
            {"task_id":"mine","task_type":"voice.tts","payload":{}}
            {"task_id":"mine","task_type":"voice.tts","payload":{}}
            {"task_id":"","task_type":"voice.tts","payload":{}}
            {}
            """
        let (report, refused) = try await put(text, into: queue, type: nil)
        #expect(report.queued == 2)
        #expect(report.duplicates == 1)
        #expect(refused == [4, 5])
        let list = try await queue.list(limit: 10)
        #expect(list.map(\.type) == [.textNLU, .voiceTTS])
        #expect(list[0].id.count == 36)
    }

    @Test func nothingGoesInWhenEveryLineIsBad() async throws {
        let (report, _) = try await put("x\ny\n", into: try await queue())
        #expect(report.status == .failed)
    }

    @Test func aFullQueueStopsAtItsLine() async throws {
        let lines = String(repeating: "{\"text\":\"a\"}\n", count: 700)
        let (report, _) = try await put(lines, into: try await queue(maxSize: 300))
        #expect(report.queued == 300)
        #expect(report.stoppedAtLine == 301)
        #expect(report.status == .partlyDone)
        #expect(report.text.contains("limit 300"))
    }

    @Test func withPatienceEverythingGoesInOnceThereIsRoom() async throws {
        let queue = try await queue(maxSize: 10)
        let waited = AsyncStream<Void>.makeStream()
        async let worker: Void = {
            // A worker that makes room each time the producer waits for it.
            for await _ in waited.stream {
                let claimed = try await queue.cycle(
                    acknowledging: [], claiming: ClaimRequest(capacity: [.text: 10], limit: 10))
                _ = try await queue.cycle(acknowledging: claimed.tasks.map(\.lease), claiming: .nothing)
            }
        }()
        let text = String(repeating: "{\"text\":\"a\"}\n", count: 35)
        let (report, _) = try await put(text, into: queue, patience: .seconds(60)) { _ in waited.continuation.yield() }
        waited.continuation.finish()
        try await worker
        #expect(report.queued == 35)
        #expect(report.status == .done)
    }

    @Test func patienceEnds() async throws {
        let text = String(repeating: "{\"text\":\"a\"}\n", count: 5)
        let (report, _) = try await put(text, into: try await queue(maxSize: 3), patience: .milliseconds(30))
        #expect(report.queued == 3)
        #expect(report.full == 2)
    }

    @Test func aPayloadCannotReachOutOfItsPlace() throws {
        let template = TaskTemplate(type: .textNLU)
        #expect(throws: EnvelopeError.self) {
            try template.envelope(Array(#"{"text":"a"},"priority":1,"x":{}"#.utf8), id: "a")
        }
        #expect(throws: EnvelopeError.wrongType(field: "payload", expected: "an object")) {
            try template.envelope(Array("[1]".utf8), id: "a")
        }
    }
}
