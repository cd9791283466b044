import Foundation
import RiderModel
import Synchronization
import Testing

@testable import RiderProviders

/// Speech by a server that speaks OpenAI's interface, against one that speaks it on the wire.
@Suite(.serialized) struct SpeechServerTests {
    private func engine(_ host: String, _ model: String, name: String = "server") -> EngineConfiguration {
        EngineConfiguration(
            name: name, kind: .http, protocolName: "openai",
            limits: .init(timeout: .seconds(300), maxOutputBytes: 4 << 20), url: host + "/v1/audio/speech",
            apiKey: "s3cret", model: model, voice: "alloy")
    }

    private func provider(
        _ engines: [EngineConfiguration], metrics: RecordedMetrics = .init(), clock: ManualClock? = nil,
        threshold: Int = 5, _ change: (inout SpeechConfiguration) -> Void = { _ in }
    ) throws -> DomainProvider {
        var configuration = VoiceProviderConfiguration()
        configuration.asr.engines = []
        configuration.tts.engines = engines
        // Nothing here depends on the machine's speed.
        configuration.timeout = .seconds(300)
        change(&configuration.tts)
        return try .voice(
            configuration, breaker: .init(failureThreshold: threshold),
            environment: .init(metrics: metrics, time: clock?.source ?? .system))
    }

    private func say(_ text: String, _ more: [JSONValue.Member] = []) throws -> ClaimedTask {
        try task(.voiceTTS, .object([.init("text", .string(text))] + more))
    }

    private let twentyLetters = "Jadę teraz do kuchni"

    // MARK: - What is asked, what comes back

    @Test func `a server is asked with text, voice, speed and key`() async throws {
        try await EngineServerStandIn.run { stand in
            let provider = try provider([engine(stand.host, "good")])
            let result = try await provider.process(say(twentyLetters, [.init("speed", 2), .init("voice", "nova")]))
            #expect(result.status == .completed, "\(result.error ?? "")")
            let asked = await stand.speechRequest()
            #expect(asked["input"] == .string(twentyLetters))
            #expect(asked["voice"] == "nova")
            #expect(asked["speed"]?.double == 2)
            #expect(asked["response_format"] == "wav")
            #expect(asked["authorization"] == "Bearer s3cret")
            #expect(result.metaValue("model") == "good")
            #expect(result.metaValue("engine") == "server")
            #expect(result.metaValue("voice") == "nova")
            #expect(result.metaValue("speed")?.double == 2)
        }
    }

    /// WAV at 24 and, streamed, at 22.05 kHz, two channels of floating point at 44.1 kHz, and samples without a file around them.
    @Test(arguments: ["good", "streamed", "stereo", "raw", "raw-by-type", "raw-by-field"])
    func `whatever sound a server gives, the robot gets 16 kHz of one channel`(_ model: String) async throws {
        try await EngineServerStandIn.run { stand in
            let result = try await provider([engine(stand.host, model)]).process(say(twentyLetters))
            #expect(result.status == .completed, "\(result.error ?? "")")
            let sound = try #require(try result.sound)
            #expect(sound.sampleRate == 16_000)
            #expect(sound.samples.count == 16_000, "20 letters last a second")
            #expect(abs(amplitude(440, in: sound) - 8000) < 100)
            #expect(try result.json["format"] == "wav")
            #expect(try result.json["sample_rate"] == 16_000)
            #expect(try result.json["duration_ms"] == 1000)
        }
    }

    @Test func `speed is honoured, and kept within what the interface allows`() async throws {
        try await EngineServerStandIn.run { stand in
            let provider = try provider([engine(stand.host, "good")])
            for (speed, milliseconds) in [(0.5, 2000), (2, 500), (100, 250), (0.01, 4000)] {
                let result = try await provider.process(say(twentyLetters, [.init("speed", .number(speed))]))
                #expect(try result.json["duration_ms"] == .integer(Int64(milliseconds)))
            }
        }
    }

    @Test(arguments: [
        ("default", "alloy"), ("piper-pl", "alloy"), ("pl", "alloy"), ("pl-PL", "alloy"),
        ("pl_PL-gosia-medium", "alloy"),
        ("en-gb", "alloy"), ("echo", "echo"), ("af_heart", "af_heart"), ("pf_dora", "pf_dora"), ("ash", "ash"),
    ])
    func `a language or a voice of Piper means the configured voice, a name of the server's own is passed on`(
        _ asked: String, _ voice: String
    ) throws {
        let server = SpeechServer(server: try EngineServer(engine("http://127.0.0.1:9", "good"), section: "voice.tts"))
        #expect(try server.voice(for: asked) == voice)
    }

    @Test func `a language that an engine does not speak goes to the next and counts for nothing`() async throws {
        try await EngineServerStandIn.run { stand in
            let metrics = RecordedMetrics()
            var english = engine(stand.host, "good", name: "english")
            english.languages = ["en"]
            let provider = try provider([english, engine(stand.host, "good", name: "all")], metrics: metrics)
            for (voice, name) in [("piper-pl", "all"), ("piper-en", "english"), ("alloy", "english")] {
                let result = try await provider.process(say("hej", [.init("voice", .string(voice))]))
                #expect(result.metaValue("engine") == .string(name), "\(voice)")
            }
            let alone = try await self.provider([english]).process(say("hej", [.init("voice", "pl_PL-gosia-medium")]))
            #expect(alone.error == "english does not speak pl, only en")
            #expect(alone.fallbackRequired)
            #expect(
                metrics["circuit_breaker_failures_total", ("provider", "VoiceProvider"), ("engine", "english")] == nil)
        }
    }

    // MARK: - What can go wrong

    @Test(
        arguments: [
            ("broken", "server answered HTTP 500: out of memory"), ("locked", "server answered HTTP 401: bad key"),
            ("unknown", "server answered HTTP 404: model not found"), ("busy", "server answered HTTP 429: busy"),
            ("redirect", "server answered HTTP 302"), ("endless", "server answered more than 4194304 bytes"),
            ("not-json", "server's answer is no whole WAV (text/html)"),
            ("mp3", "server's answer is no whole WAV (audio/mpeg)"),
            ("raw-half-sample", "server's answer is no whole WAV (audio/pcm)"),
            ("raw-odd-rate", "server's answer is no whole WAV (audio/l16; rate=fast)"),
            ("head-only", "server's answer is no whole WAV (audio/wav)"),
            ("nothing-at-all", "server's answer is no whole WAV (audio/wav)"),
            ("cut-off", "server's answer is no whole WAV (audio/wav)"),
        ])
    func `a server that fails means a fallback and counts`(_ model: String, _ text: String) async throws {
        try await EngineServerStandIn.run { stand in
            let metrics = RecordedMetrics()
            let result = try await provider([engine(stand.host, model)], metrics: metrics).process(say("hej"))
            #expect(result.error == text)
            #expect(result.fallbackRequired)
            #expect(result.output == nil)
            #expect(metrics["circuit_breaker_failures_total", ("provider", "VoiceProvider"), ("engine", "server")] == 1)
        }
    }

    @Test(arguments: ["half-body", "hangs-up"])
    func `a connection that breaks means a fallback and counts`(_ model: String) async throws {
        try await EngineServerStandIn.run { stand in
            let metrics = RecordedMetrics()
            let result = try await provider([engine(stand.host, model)], metrics: metrics).process(say("hej"))
            #expect(result.status == .failed)
            #expect(result.fallbackRequired)
            #expect(metrics["circuit_breaker_failures_total", ("provider", "VoiceProvider"), ("engine", "server")] == 1)
        }
    }

    @Test(arguments: [
        ("too-much", "context length exceeded"), ("refuses-like-fastapi", "no such voice"),
        ("unprocessable", "field required"),
    ])
    func `a request that a server refuses goes to the next engine and counts for nothing`(
        _ model: String, _ words: String
    ) async throws {
        try await EngineServerStandIn.run { stand in
            let metrics = RecordedMetrics()
            let first = engine(stand.host, model, name: "first")
            let result = try await provider([first, engine(stand.host, "good", name: "second")], metrics: metrics)
                .process(say("hej"))
            #expect(result.metaValue("engine") == "second")
            let alone = try await provider([first], metrics: metrics).process(say("hej"))
            #expect(alone.error?.hasSuffix(words) == true, "\(alone.error ?? "")")
            #expect(
                metrics["circuit_breaker_failures_total", ("provider", "VoiceProvider"), ("engine", "first")] == nil)
        }
    }

    @Test(arguments: ["busy-once", "hangs-up-once"])
    func `what a server turned away or dropped is asked for again`(_ model: String) async throws {
        try await EngineServerStandIn.run { stand in
            let result = try await provider([engine(stand.host, model)]).process(say("hej"))
            #expect(result.status == .completed, "\(result.error ?? "")")
        }
    }

    @Test func `a server that is slow is waited for, one that never answers is left at the deadline`() async throws {
        try await EngineServerStandIn.run { stand in
            let slow = try await provider([engine(stand.host, "slow")]).process(say("hej"))
            #expect(slow.status == .completed, "\(slow.error ?? "")")
            var silent = engine(stand.host, "silent")
            silent.limits.timeout = .milliseconds(200)
            let result = try await provider([silent]).process(say("hej"))
            #expect(result.error == "voice.tts took longer than 0.2 s and was ended")
            #expect(result.fallbackRequired)
        }
    }

    @Test func `a request that nobody waits for any more is dropped`() async throws {
        try await EngineServerStandIn.run { stand in
            let provider = try provider([engine(stand.host, "silent")])
            await withThrowingTaskGroup(of: TaskResult.self) { group in
                group.addTask { try await provider.process(say("hej")) }
                await stand.waits(for: "asked silent")
                group.cancelAll()
                await #expect(throws: CancellationError.self) { _ = try await group.next() }
            }
            // It was told so: the server sees its client go.
            await stand.waits(for: "silent client left")
        }
    }

    @Test func `an engine that keeps failing is left alone, and the robot is told at once when none is left`()
        async throws
    {
        try await EngineServerStandIn.run { stand in
            let clock = ManualClock()
            let provider = try provider([engine(stand.host, "broken")], clock: clock, threshold: 2)
            for _ in 0..<2 { _ = try await provider.process(say("hej")) }
            let refused = try await provider.process(say("hej"))
            #expect(refused.error == "Circuit breaker open, use local processing")
            #expect(refused.fallbackRequired)
            #expect(refused.metaValue("retry_after_seconds")?.double == 60)
            var requests = 0
            // Asked twice and no more: nothing follows the mark that this question leaves.
            _ = try await self.provider([engine(stand.host, "good")]).process(say("hej"))
            for await line in stand.events {
                if line == "asked broken" { requests += 1 }
                if line == "asked good" { break }
            }
            #expect(requests == 2)
        }
    }

    @Test func `neither key nor password is told when something fails`() async throws {
        var engine = engine("http://robot:hunter2@127.0.0.1:9", "good")
        engine.url += "?key=s3cret"
        let provider = try provider([engine])
        let result = try await provider.process(say("hej"))
        let status = try #require(await provider.engines().first)
        for text in [result.error ?? "", status.detail] {
            #expect(text.contains("http://127.0.0.1:9/v1/audio/speech"), "\(text)")
            #expect(!text.contains("hunter2") && !text.contains("s3cret"), "\(text)")
        }
    }

    // MARK: - Memory

    @Test func `what was said is remembered by text, voice, speed, engine and model`() async throws {
        try await EngineServerStandIn.run { stand in
            let metrics = RecordedMetrics()
            let cache = ("cache_type", "voice_tts")
            func ask(_ provider: DomainProvider, _ text: String, _ more: [JSONValue.Member] = []) async throws -> Bool?
            {
                let result = try await provider.process(say(text, more))
                #expect(result.status == .completed, "\(result.error ?? "")")
                return result.metaValue("from_cache")?.bool
            }
            let provider = try provider([engine(stand.host, "good")], metrics: metrics)
            #expect(try await ask(provider, "hej") == false)
            #expect(try await ask(provider, "hej") == true)
            #expect(metrics["cache_hits_total", cache] == 1)
            #expect(metrics["cache_misses_total", cache] == 1)
            for other: [JSONValue.Member] in [[.init("voice", "nova")], [.init("speed", 1.5)]] {
                #expect(try await ask(provider, "hej", other) == false)
                #expect(try await ask(provider, "hej", other) == true)
            }
            #expect(try await ask(provider, "Hej") == false)
            // The same voice by another name is the same sound.
            #expect(try await ask(provider, "hej", [.init("voice", "alloy")]) == true)
        }
    }

    @Test func `two engines, and two models of one name, do not share what they said`() {
        let memory = SpeechMemory(maximumBytes: 1 << 20, environment: .init())
        let key = SpeechMemory.Key(
            engine: "a", model: "m", voice: "v", speed: 1, sampleRate: 16_000, text: "hej")
        memory.remember(WaveFile(sampleRate: 16_000, samples: [1]), for: key)
        for change: (inout SpeechMemory.Key) -> Void in [
            { $0.engine = "b" }, { $0.model = "n" }, { $0.voice = "w" }, { $0.speed = 1.1 }, { $0.sampleRate = 8000 },
            { $0.text = "hej." },
        ] {
            var other = key
            change(&other)
            #expect(memory.sound(for: other) == nil)
        }
        #expect(memory.sound(for: key)?.samples == [1])
    }

    @Test func `memory has a size: what was not asked for the longest makes room, and none remembers nothing`()
        async throws
    {
        try await EngineServerStandIn.run { stand in
            // A second of sound is 32,000 bytes: there is room for two.
            let small = try provider([engine(stand.host, "good")]) { $0.cacheMaxBytes = 70_000 }
            let texts = ["Jadę teraz do kuchni", "Stoję teraz w kuchni", "Jem teraz w kuchnice"]
            func isRemembered(_ text: String, by provider: DomainProvider) async throws -> Bool? {
                try await provider.process(say(text)).metaValue("from_cache")?.bool
            }
            for text in [texts[0], texts[1], texts[2]] { #expect(try await isRemembered(text, by: small) == false) }
            #expect(try await isRemembered(texts[2], by: small) == true)
            #expect(try await isRemembered(texts[1], by: small) == true)
            #expect(try await isRemembered(texts[0], by: small) == false, "the oldest was forgotten")
            let metrics = RecordedMetrics()
            let none = try provider([engine(stand.host, "good")], metrics: metrics) { $0.cacheMaxBytes = 0 }
            for _ in 0..<2 { #expect(try await isRemembered("hej", by: none) == false) }
            #expect(metrics["cache_misses_total", ("cache_type", "voice_tts")] == nil)
        }
    }
}
