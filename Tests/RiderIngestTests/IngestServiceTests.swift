import Foundation
import Logging
import RiderModel
import RiderQueue
import Synchronization
import TestSupport
import Testing

@testable import RiderIngest

struct IngestServiceTests {
    /// Reads a stream step by step.
    private final class Reader<Element: Sendable> {
        private var iterator: AsyncStream<Element>.Iterator
        init(_ stream: AsyncStream<Element>) { iterator = stream.makeAsyncIterator() }
        func next() async -> Element? { await iterator.next() }
    }

    /// Runs a service around `body`, then ends it and waits for its end.
    private func withService(
        _ change: (inout IngestConfiguration) -> Void = { _ in },
        _ body: (IngestService, FakeBus, FakeQueue, CountingMetrics, Clock, Streams) async throws -> Void,
        after: (FakeQueue, CountingMetrics) async throws -> Void = { _, _ in }
    ) async throws {
        var configuration = IngestConfiguration()
        change(&configuration)
        let (bus, queue, metrics, clock, streams) = (FakeBus(), FakeQueue(), CountingMetrics(), Clock(), Streams())
        let service = IngestService(
            configuration: configuration, source: bus, queue: queue,
            translator: IngestTranslator(configuration: configuration, instance: "run"),
            time: TimeSource(wall: { UnixTime(milliseconds: 0) }, monotonicNanoseconds: { clock.nanoseconds }),
            sleep: { duration in
                streams.waits.sink.yield(duration)
                // The service goes on when the test says so; only its end interrupts it.
                for await _ in streams.permission.stream { return }
                try Task.checkCancellation()
            },
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), factory: metrics,
            onEvent: { streams.events.sink.yield($0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            await bus.waitForListener()
            try await body(service, bus, queue, metrics, clock, streams)
            group.cancelAll()
            try await group.waitForAll()
        }
        try await after(queue, metrics)
    }

    final class Clock: Sendable {
        private let value = Mutex<UInt64>(1_000_000_000)
        var nanoseconds: UInt64 { value.withLock { $0 } }
        func advance(milliseconds: UInt64) { value.withLock { $0 += milliseconds * 1_000_000 } }
    }

    final class Streams: Sendable {
        struct Pipe<Element: Sendable>: Sendable {
            let stream: AsyncStream<Element>
            let sink: AsyncStream<Element>.Continuation
            init() { (stream, sink) = AsyncStream.makeStream(of: Element.self) }
        }
        let waits = Pipe<Duration>()
        let permission = Pipe<Void>()
        let events = Pipe<RobotEvent>()
    }

    private static let frame: JSONValue = ["frame_jpeg": "AAAA"]

    private static func say(_ name: String) -> JSONValue { ["text": "hej", "request_id": .string(name)] }

    // MARK: - Into the queue

    @Test func robotWorkIsQueuedAndCounted() async throws {
        try await withService { _, bus, queue, metrics, _, _ in
            let calls = Reader(queue.events)
            bus.send("vision.frame.offload", Self.frame)
            #expect(await calls.next() == .enqueued(["vision-frame-run-1"]))
            bus.send("voice.tts.request", Self.say("a"))
            #expect(await calls.next() == .enqueued(["voice-tts-a"]))
            #expect(queue.tasks.map(\.durable) == [false, true])
            let receipts = queue.tasks.map { $0.envelope.meta.flatMap(Receipt.init(meta:)) }
            #expect(receipts == [.init(nanoseconds: 1_000_000_000, clockRun: "this")] + receipts.prefix(1))
        } after: { _, metrics in
            #expect(metrics.ingested("vision.frame.offload", "accepted") == 1)
            #expect(metrics.ingested("voice.tts.request", "accepted") == 1)
        }
    }

    @Test func badMessagesAreCountedAndNeverEndTheLoop() async throws {
        try await withService { _, bus, queue, metrics, _, _ in
            let calls = Reader(queue.events)
            let topic = Array("vision.frame.offload".utf8)
            for file in [
                "not-json.json", "empty.json", "truncated.json", "bom.json", "random.bin", "utf16le.bin",
                "json-array.json",
                "json-empty-object.json", "deep-array-10000.json", "deep-unclosed.json", "nan-infinity.json",
            ] { bus.send([topic, try Samples.bytes("bad/" + file)]) }
            let cases = try Samples.value("bad/framing.json")["cases"]?.array ?? []
            #expect(!cases.isEmpty)
            bus.send([])
            bus.send([[0x01]])
            bus.send([topic, [], []])
            bus.send("vision.frame.offload.debug", Self.frame)
            bus.send("vision.frame.offload", ["frame_jpeg": 5])
            bus.send("voice.asr.request", ["chunk_pcm": "AAAA"])
            bus.refuse(bytes: 5_000_000)
            bus.send("vision.frame.offload", Self.frame)
            #expect(await calls.next() == .enqueued(["vision-frame-run-1"]))
            #expect(metrics.ingested("vision.frame.offload", "invalid_json") == 9)
            #expect(metrics.ingested("vision.frame.offload", "empty_payload") == 1)
            #expect(metrics.ingested("vision.frame.offload", "empty_object") == 1)
            #expect(metrics.ingested("vision.frame.offload", "wrong_type") == 1)
            #expect(metrics.ingested("other", "bad_framing") == 3)
            #expect(metrics.ingested("other", "unknown_topic") == 1)
            #expect(metrics.ingested("other", "too_large") == 1)
            #expect(metrics.ingested("voice.asr.request", "wrong_type") == 1)
        }
    }

    @Test func aBadRequestForSpeechIsKeptForInspection() async throws {
        try await withService { _, bus, queue, metrics, _, _ in
            let calls = Reader(queue.events)
            bus.send("voice.tts.request", ["voice": "piper-pl"])
            #expect(await calls.next() == .buried(#"{"voice":"piper-pl"}"#))
            bus.send([Array("voice.tts.request".utf8), Array("{text: 1}".utf8)])
            #expect(await calls.next() == .buried("{text: 1}"))
            #expect(metrics.ingested("voice.tts.request", "missing_field") == 1)
            #expect(metrics.ingested("voice.tts.request", "invalid_json") == 1)
        }
    }

    @Test func whatTheQueueRefusesIsCounted() async throws {
        try await withService { _, bus, queue, metrics, _, _ in
            let calls = Reader(queue.events)
            queue.answer(.duplicate, for: "voice-tts-a")
            queue.answer(.full(limit: 1), for: "voice-tts-b")
            queue.answer(.tooLarge(limit: 1), for: "voice-tts-c")
            for name in ["a", "b", "c"] {
                bus.send("voice.tts.request", Self.say(name))
                #expect(await calls.next() == .enqueued(["voice-tts-\(name)"]))
            }
        } after: { queue, metrics in
            #expect(queue.tasks.isEmpty)
            for outcome in ["duplicate", "queue_full", "too_large"] {
                #expect(metrics.ingested("voice.tts.request", outcome) == 1, "\(outcome)")
            }
        }
    }

    // MARK: - When the queue is away

    @Test func speechIsTriedAgainAndFramesAreDropped() async throws {
        try await withService { _, bus, queue, metrics, _, streams in
            let (calls, waits) = (Reader(queue.events), Reader(streams.waits.stream))
            queue.fail(times: 3)
            bus.send("voice.tts.request", Self.say("a"))
            #expect(await calls.next() == .failed)
            #expect(await waits.next() == .milliseconds(100))
            bus.send("vision.frame.offload", Self.frame)
            streams.permission.sink.yield()
            #expect(await calls.next() == .failed)
            #expect(await waits.next() == .milliseconds(200))
            #expect(metrics.ingested("vision.frame.offload", "queue_unavailable") == 1)
            streams.permission.sink.yield()
            #expect(await calls.next() == .failed)
            #expect(await waits.next() == .milliseconds(400))
            bus.send("voice.tts.request", Self.say("b"))
            streams.permission.sink.yield()
            #expect(await calls.next() == .enqueued(["voice-tts-a", "voice-tts-b"]))
        }
    }

    @Test func aFrameThatWaitedTooLongIsDropped() async throws {
        try await withService { _, bus, queue, metrics, clock, streams in
            let (calls, waits) = (Reader(queue.events), Reader(streams.waits.stream))
            queue.fail(times: 1)
            bus.send("voice.tts.request", Self.say("a"))
            #expect(await calls.next() == .failed)
            _ = await waits.next()
            bus.send("vision.frame.offload", Self.frame)
            clock.advance(milliseconds: 201)
            bus.send("vision.frame.offload", Self.frame)
            streams.permission.sink.yield()
            #expect(await calls.next() == .enqueued(["voice-tts-a", "vision-frame-run-2"]))
            #expect(metrics.ingested("vision.frame.offload", "late") == 1)
        }
    }

    @Test func theBufferIsBoundedWhileTheQueueIsAway() async throws {
        try await withService({ $0.bufferSize = 2 }) { _, bus, queue, metrics, _, streams in
            let (calls, waits) = (Reader(queue.events), Reader(streams.waits.stream))
            queue.fail(times: 1)
            bus.send("voice.tts.request", Self.say("a"))
            #expect(await calls.next() == .failed)
            _ = await waits.next()
            bus.send("vision.frame.offload", Self.frame)
            bus.send("vision.frame.offload", Self.frame)
            bus.send("voice.tts.request", Self.say("b"))
            bus.send("voice.tts.request", Self.say("c"))
            streams.permission.sink.yield()
            #expect(await calls.next() == .enqueued(["voice-tts-a", "voice-tts-b"]))
            #expect(metrics.ingested("vision.frame.offload", "buffer_full") == 2)
            #expect(metrics.ingested("voice.tts.request", "buffer_full") == 1)
        }
    }

    @Test func whatWasReceivedIsQueuedBeforeTheEnd() async throws {
        try await withService { _, bus, queue, _, _, streams in
            let (calls, waits) = (Reader(queue.events), Reader(streams.waits.stream))
            queue.fail(times: 1)
            bus.send("voice.tts.request", Self.say("a"))
            #expect(await calls.next() == .failed)
            _ = await waits.next()
        } after: { queue, _ in
            #expect(queue.tasks.map(\.envelope.id) == ["voice-tts-a"])
        }
    }

    @Test func whatIsLostAtTheEndIsCounted() async throws {
        try await withService { _, bus, queue, _, _, streams in
            let (calls, waits) = (Reader(queue.events), Reader(streams.waits.stream))
            queue.fail(times: 100)
            bus.send("voice.tts.request", Self.say("a"))
            #expect(await calls.next() == .failed)
            _ = await waits.next()
        } after: { queue, metrics in
            #expect(queue.tasks.isEmpty)
            #expect(metrics.ingested("voice.tts.request", "queue_unavailable") == 1)
        }
    }

    // MARK: - Modes and the link

    @Test func modesAndTheLinkAreToldEvenWhileTheQueueIsAway() async throws {
        try await withService { _, bus, queue, metrics, _, streams in
            let (waits, events) = (Reader(streams.waits.stream), Reader(streams.events.stream))
            bus.link(isUp: true)
            #expect(await events.next() == .link(isUp: true))
            #expect(metrics.value("link_up{link=ingest}") == 1)
            queue.fail(times: 100)
            bus.send("voice.tts.request", Self.say("a"))
            _ = await waits.next()
            bus.send("provider.vision.state", try Samples.value("topic.provider.vision.state.pc.json"))
            guard case .mode(let state)? = await events.next() else {
                Issue.record("no mode")
                return
            }
            #expect(state.domain == .vision && state.wantsResults)
            bus.send("system.ai.mode.changed", ["mode": "local"])
            #expect(await events.next() == .aiMode(.local))
            bus.link(isUp: false)
            #expect(await events.next() == .link(isUp: false))
            #expect(metrics.ingested("provider.vision.state", "accepted") == 1)
        } after: { _, metrics in
            #expect(metrics.value("link_up{link=ingest}") == 0)
        }
    }

    @Test func aStateThatCannotBeReadIsTold() async throws {
        try await withService { _, bus, _, metrics, _, streams in
            let events = Reader(streams.events.stream)
            bus.send("provider.vision.state", ["mode": "cloud"])
            #expect(await events.next() == .unreadableMode(.vision, reason: "unknown_mode"))
            bus.send("provider.voice.state", ["mode": "pc", "domain": "text"])
            #expect(await events.next() == .unreadableMode(.voice, reason: "domain_mismatch"))
            bus.send([Array("provider.text.state".utf8), Array("{\"mode\":".utf8)])
            guard case .unreadableMode(.text, _)? = await events.next() else {
                Issue.record("a state that is no JSON says nothing")
                return
            }
            // What can be read ends it: the newest event of a domain is the one that counts.
            bus.send("provider.vision.state", ["mode": "pc"])
            guard case .mode(let state)? = await events.next() else {
                Issue.record("no mode")
                return
            }
            #expect(state.wantsResults)
            #expect(metrics.ingested("provider.vision.state", "unknown_mode") == 1)
            #expect(metrics.ingested("provider.voice.state", "domain_mismatch") == 1)
        }
    }

    @Test func whatTheRobotFollowsGoesIntoTheNextFrame() async throws {
        try await withService { service, bus, queue, _, _, _ in
            let calls = Reader(queue.events)
            service.update(tracking: TrackingState(isEnabled: true, mode: .hand))
            bus.send("vision.frame.offload", Self.frame)
            _ = await calls.next()
            let meta = try JSONValue(parsing: try #require(queue.tasks.first?.envelope.meta))
            #expect(meta["tracking_state"] == ["enabled": true, "mode": "hand"])
        }
    }

    @Test func aSourceThatCannotStartEndsTheService() async throws {
        let service = IngestService(
            configuration: IngestConfiguration(), source: FakeBus(isBroken: true), queue: FakeQueue(),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), factory: CountingMetrics(),
            onEvent: { _ in })
        await #expect(throws: FakeBus.Broken.self) { try await service.run() }
    }

    // MARK: - Speech

    /// 20 ms of a tone, or of silence.
    private static func chunk(isLoud: Bool) -> JSONValue {
        let samples = (0..<320).map { isLoud ? Int16($0 % 40 < 20 ? 6000 : -6000) : Int16($0 % 3) }
        let bytes = WaveFile(sampleRate: 16_000, samples: samples).littleEndian
        return [
            "chunk_pcm": .string(Data(bytes).base64EncodedString()), "rate": 16_000, "len": 640, "ts": 12.5,
            "lang": "pl-PL",
        ]
    }

    @Test func aSentenceIsOneTaskHoweverManyChunksItHas() async throws {
        try await withService { _, bus, queue, metrics, clock, _ in
            let calls = Reader(queue.events)
            for step in 0..<150 {
                bus.send("voice.asr.request", Self.chunk(isLoud: 20..<70 ~= step))
                clock.advance(milliseconds: 20)
            }
            #expect(await calls.next() == .enqueued(["voice-asr-run-1"]))
            let task = try #require(queue.tasks.first)
            #expect(task.envelope.type == .voiceASR)
            #expect(task.envelope.priority.rawValue == 5)
            #expect(task.envelope.expiresIn == .seconds(4))
            #expect(!task.durable)
            let payload = try JSONValue(parsing: task.envelope.payload)
            #expect(payload["format"] == "raw")
            #expect(payload["sample_rate"] == 16_000)
            #expect(payload["language"] == "pl-PL")
            let sound = try #require(Data(base64Encoded: payload["audio_data"]?.string ?? ""))
            #expect(1.8...2.0 ~= Double(sound.count) / 32_000)
            let meta = try JSONValue(parsing: try #require(task.envelope.meta))
            #expect(meta["source_topic"] == "voice.asr.request")
            #expect(meta["timestamp"] == 12.5)
            #expect(metrics.ingested("voice.asr.request", "heard") == 150)
            #expect(metrics.ingested("voice.asr.request", "accepted") == 1)
        }
    }

    @Test func aStreamThatStopsInTheMiddleOfAWordIsEndedByTime() async throws {
        try await withService { _, bus, queue, _, clock, streams in
            let calls = Reader(queue.events)
            let waits = Reader(streams.waits.stream)
            for step in 0..<50 {
                bus.send("voice.asr.request", Self.chunk(isLoud: step >= 20))
                if step < 49 { clock.advance(milliseconds: 20) }
            }
            #expect(await waits.next() != nil)
            clock.advance(milliseconds: 400)
            streams.permission.sink.yield()
            #expect(await calls.next() == .enqueued(["voice-asr-run-1"]))
        }
    }

    @Test func whatWasSaidLongAgoIsNotQueued() async throws {
        try await withService { _, bus, queue, metrics, clock, streams in
            let calls = Reader(queue.events)
            let waits = Reader(streams.waits.stream)
            queue.fail(times: 1)
            for step in 0..<100 {
                bus.send("voice.asr.request", Self.chunk(isLoud: 20..<50 ~= step))
                clock.advance(milliseconds: 20)
            }
            #expect(await calls.next() == .failed)
            // The wait for the queue, after those for the end of the word.
            while let wait = await waits.next(), wait != .milliseconds(100) { streams.permission.sink.yield() }
            clock.advance(milliseconds: 5000)
            streams.permission.sink.yield()
            bus.send("voice.tts.request", ["text": "hej", "request_id": "1"])
            #expect(await calls.next() == .enqueued(["voice-tts-1"]))
            #expect(metrics.ingested("voice.asr.request", "late") == 1)
        }
    }
}
