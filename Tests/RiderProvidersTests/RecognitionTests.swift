import Foundation
import RiderModel
import Synchronization
import Testing

@testable import RiderProviders

private let hasPocketSphinx =
    FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/pocketsphinx")
    && FileManager.default.fileExists(atPath: "/usr/share/pocketsphinx/model/en-us/en-us.lm.bin")
private let hasEspeak = FileManager.default.isExecutableFile(atPath: "/usr/bin/espeak-ng")

@Suite(.serialized) struct RecognitionTests {
    private func provider(
        _ engines: [EngineConfiguration], folder: String = "/nonexistent", metrics: RecordedMetrics = .init(),
        clock: ManualClock? = nil, threshold: Int = 5
    ) throws -> DomainProvider {
        var configuration = VoiceProviderConfiguration()
        configuration.tts.engines = []
        configuration.asr.engines = engines
        // Nothing here depends on the machine's speed.
        configuration.timeout = .seconds(300)
        return try .voice(
            configuration, breaker: .init(failureThreshold: threshold),
            environment: .init(metrics: metrics, time: clock?.source ?? .system, engineFolder: folder))
    }

    private func server(_ host: String, _ model: String, name: String = "server") -> EngineConfiguration {
        EngineConfiguration(
            name: name, kind: .http, protocolName: "openai", limits: .init(timeout: .seconds(300)),
            url: host + "/v1/audio/transcriptions", model: model)
    }

    private func tone(rate: Int, seconds: Double = 1) -> WaveFile {
        let count = Int(Double(rate) * seconds)
        return WaveFile(
            sampleRate: rate, samples: (0..<count).map { Int16(8000 * sin(2 * .pi * 440 * Double($0) / Double(rate))) })
    }

    private func sound(_ wave: WaveFile, _ more: [JSONValue.Member] = []) throws -> ClaimedTask {
        let audio = JSONValue.string(Data(wave.encoded).base64EncodedString())
        return try task(.voiceASR, .object([.init("audio_data", audio)] + more))
    }

    // MARK: - Sound

    @Test func `raw sound of any rate reaches an engine as 16 kHz WAV, with the task's language`() async throws {
        try await EngineServerStandIn.run { stand in
            let provider = try provider([server(stand.host, "good")])
            let raw = Data(tone(rate: 48_000).littleEndian).base64EncodedString()
            let result = try await provider.process(
                task(
                    .voiceASR,
                    [
                        "audio_data": .string(raw), "format": "raw", "sample_rate": 48_000, "language": "pl-PL",
                    ]))
            #expect(result.status == .completed, "\(result.error ?? "")")
            let asked = try JSONValue(parsing: try #require(try result.json["text"]?.string))
            #expect(asked["rate"] == 16_000)
            #expect(asked["bytes"] == 32_044)
            #expect(asked["language"] == "pl")
            #expect(asked["file_name"] == "speech.wav")
            #expect(asked["response_format"] == "verbose_json")
            #expect(try result.json["language"] == "pl")
            // e to the mean of -0.1 for one second and -0.5 for three.
            #expect(abs((try result.json["confidence"]?.double ?? 0) - 0.6703) < 0.0001)
            #expect(result.metaValue("sample_rate") == 16_000)
        }
    }

    @Test func `without figures of certainty there is no confidence, and remarks are no words`() async throws {
        try await EngineServerStandIn.run { stand in
            let result = try await provider([server(stand.host, "plain")]).process(sound(tone(rate: 16_000)))
            #expect(try result.json["text"] == "turn left.")
            #expect(try result.json["confidence"] == nil)
            #expect(try result.json["language"] == "en")
        }
    }

    @Test func `a wrong path says where whisper.cpp's server hears`() async throws {
        try await EngineServerStandIn.run { stand in
            let result = try await provider([server(stand.host, "nowhere")]).process(sound(tone(rate: 16_000)))
            #expect(result.fallbackRequired)
            #expect(
                result.error?.hasPrefix("server answered HTTP 404 (whisper.cpp's server hears at /inference") == true)
        }
    }

    @Test func `the language is the one that the server names`() async throws {
        try await EngineServerStandIn.run { stand in
            let result = try await provider([server(stand.host, "dutch")]).process(sound(tone(rate: 16_000)))
            #expect(try result.json["language"] == "dutch")
        }
    }

    @Test func `what Whisper makes up of silence is nothing`() async throws {
        try await EngineServerStandIn.run { stand in
            let result = try await provider([server(stand.host, "silence")]).process(sound(tone(rate: 16_000)))
            #expect(try result.json["text"] == "")
            #expect(try result.json["confidence"] == nil)
        }
    }

    @Test(arguments: [
        ("broken", "server answered HTTP 500: out of memory"), ("locked", "server answered HTTP 401: bad key"),
        ("busy", "server answered HTTP 429: busy"), ("redirect", "server answered HTTP 302"),
        ("not-json", "server's answer is not what OpenAI's interface promises"),
        ("wrong-shape", "server's answer is not what OpenAI's interface promises"),
        ("endless", "server answered more than 33554432 bytes"), ("half-body", "server at "),
        ("hangs-up", "server at "),
    ])
    func `a server that fails means a fallback and counts`(_ model: String, _ text: String) async throws {
        try await EngineServerStandIn.run { stand in
            let metrics = RecordedMetrics()
            let result = try await provider([server(stand.host, model)], metrics: metrics)
                .process(sound(tone(rate: 16_000)))
            #expect(result.error?.hasPrefix(text) == true, "\(result.error ?? "")")
            #expect(result.fallbackRequired)
            #expect(result.output == nil)
            #expect(metrics["circuit_breaker_failures_total", ("provider", "VoiceProvider"), ("engine", "server")] == 1)
        }
    }

    @Test(arguments: ["busy-once", "hangs-up-once"])
    func `what a server turned away or dropped is asked for again`(_ model: String) async throws {
        try await EngineServerStandIn.run { stand in
            let result = try await provider([server(stand.host, model)]).process(sound(tone(rate: 16_000)))
            #expect(result.status == .completed, "\(result.error ?? "")")
        }
    }

    @Test func `other formats go to servers as they are and past engines that cannot read them`() async throws {
        try await withTemporaryFolder { folder in
            try await EngineServerStandIn.run { stand in
                let program = EngineConfiguration(name: "program", kind: .command, protocolName: "text", program: "cat")
                let provider = try provider([program, server(stand.host, "good")], folder: folder)
                let result = try await provider.process(
                    task(.voiceASR, ["audio_data": "T2dnUw==", "format": "ogg"]))
                let asked = try JSONValue(parsing: try #require(try result.json["text"]?.string))
                #expect(asked["file_name"] == "speech.ogg")
                #expect(asked["bytes"] == 4)
                let alone = try await self.provider([program], folder: folder).process(
                    task(.voiceASR, ["audio_data": "T2dnUw==", "format": "ogg"]))
                #expect(alone.fallbackRequired)
                #expect(alone.error?.contains("send wav or raw") == true)
            }
        }
    }

    @Test(
        arguments: [
            (["audio_data": "!!!"], "audio_data is not base64"), (["audio_data": "AAAA"], "audio_data is no WAV"),
            (["audio_data": "AAAA", "format": "raw"], "audio_data ends within"),
        ] as [(JSONValue, String)])
    func `bad sound is the caller's mistake`(_ payload: JSONValue, _ text: String) async throws {
        let metrics = RecordedMetrics()
        let provider = try provider([server("http://127.0.0.1:9", "good")], metrics: metrics)
        let result = try await provider.process(task(.voiceASR, payload))
        #expect(result.error?.hasPrefix(text) == true, "\(result.error ?? "")")
        #expect(!result.fallbackRequired)
        let long = try await provider.process(
            sound(WaveFile(sampleRate: 4000, samples: Array(repeating: 0, count: 61 * 4000))))
        #expect(long.error == "Sound longer than 60 s")
    }

    // MARK: - Programs

    /// A program of the test's own.
    private func program(_ folder: String, _ lines: String, input: EngineConfiguration.Input = .file)
        throws -> EngineConfiguration
    {
        // Run by the shell: the kernel refuses a program whose file a process, forked at the wrong moment, holds open for writing.
        let path = folder + "/hear"
        try (lines + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return EngineConfiguration(
            name: "program", kind: .command, protocolName: "text",
            limits: .init(timeout: .seconds(300), maxOutputBytes: 4096),
            program: "/bin/sh", arguments: [path, "-l", "{language}", "-m", "{model}", "{input}"], input: input,
            model: "a b;c")
    }

    @Test func `a program gets a file of its own, which is gone afterwards, and no shell`() async throws {
        try await withTemporaryFolder { folder in
            let engine = try program(
                folder,
                #"stat -c %a "$5" >&2; [ "$4" = "a b;c" ] && echo "[00:00] turn  $2 $(wc -c < "$5")"; echo "(wind)""#)
            let work = folder + "/work"
            let result = try await provider([engine], folder: work).process(sound(tone(rate: 16_000)))
            #expect(try result.json["text"] == "turn en 32044", "\(result.error ?? "")")
            #expect(try result.json["confidence"] == nil)
            #expect(try FileManager.default.contentsOfDirectory(atPath: work) == [])
            let mode = try FileManager.default.attributesOfItem(atPath: work)[.posixPermissions] as? Int
            #expect(mode == 0o700)
        }
    }

    @Test func `a program gets its sound by standard input when that is what it wants`() async throws {
        try await withTemporaryFolder { folder in
            let engine = try program(folder, "wc -c", input: .standardInput)
            let result = try await provider([engine], folder: folder).process(sound(tone(rate: 16_000)))
            #expect(try result.json["text"] == "32044", "\(result.error ?? "")")
        }
    }

    @Test(arguments: [
        ("echo out of memory >&2; exit 3", "program ended with exit code 3: out of memory"),
        ("kill -9 $$", "program ended with signal 9"), ("yes", "program wrote more than 4096 bytes"),
    ])
    func `a program that misbehaves means a fallback`(_ lines: String, _ text: String) async throws {
        try await withTemporaryFolder { folder in
            let work = folder + "/work"
            let result = try await provider([program(folder, lines)], folder: work).process(sound(tone(rate: 16_000)))
            #expect(result.error == text)
            #expect(result.fallbackRequired)
            #expect(try FileManager.default.contentsOfDirectory(atPath: work) == [])
        }
    }

    @Test func `a program that hangs ends with all its children and the next engine is asked`() async throws {
        try await withTemporaryFolder { folder in
            try await EngineServerStandIn.run { stand in
                let program = try HangingProgram(folder)
                try await program.outlive { limit in
                    var engine = try self.program(folder, "")
                    engine.arguments = [program.path]
                    engine.limits.timeout = limit
                    let provider = try provider([engine, server(stand.host, "plain")], folder: folder + "/work")
                    let result = try await provider.process(sound(tone(rate: 16_000)))
                    #expect(try result.json["text"] == "turn left.")
                    #expect(result.metaValue("engine") == "server")
                }
            }
        }
    }

    // MARK: - Choice

    @Test func `the first healthy engine works, and each has a breaker of its own`() async throws {
        try await EngineServerStandIn.run { stand in
            let metrics = RecordedMetrics()
            let clock = ManualClock()
            let provider = try provider(
                [server(stand.host, "broken", name: "first"), server(stand.host, "plain", name: "second")],
                metrics: metrics, clock: clock, threshold: 2)
            for _ in 0..<4 {
                let result = try await provider.process(sound(tone(rate: 16_000)))
                #expect(result.metaValue("engine") == "second")
            }
            let provider1 = ("provider", "VoiceProvider")
            #expect(metrics["circuit_breaker_failures_total", provider1, ("engine", "first")] == 2)
            #expect(metrics["circuit_breaker_state", provider1, ("engine", "first")] == 1)
            #expect(metrics["circuit_breaker_retry_timestamp_seconds", provider1, ("engine", "first")] == 60)
            #expect(metrics["circuit_breaker_state", provider1, ("engine", "second")] == 0)
            clock.advance(by: .seconds(61))
            _ = try await provider.process(sound(tone(rate: 16_000)))
            #expect(metrics["circuit_breaker_failures_total", provider1, ("engine", "first")] == 3)
        }
    }

    @Test func `when all fail each is named, and when all breakers are open nobody is asked`() async throws {
        try await EngineServerStandIn.run { stand in
            let provider = try provider(
                [server(stand.host, "broken", name: "first"), server(stand.host, "unknown", name: "second")],
                threshold: 2)
            for _ in 0..<2 {
                let result = try await provider.process(sound(tone(rate: 16_000)))
                #expect(
                    result.error
                        == "first: first answered HTTP 500: out of memory; second: second answered HTTP 404: model not found"
                )
                #expect(result.fallbackRequired)
            }
            let refused = try await provider.process(sound(tone(rate: 16_000)))
            #expect(refused.error == "Circuit breaker open, use local processing")
            #expect(refused.fallbackRequired)
            #expect(refused.processingMilliseconds == nil)
            #expect(0...60 ~= (refused.metaValue("retry_after_seconds")?.double ?? -1))
        }
    }

    @Test func `a language that an engine does not know goes to the next and counts for nothing`() async throws {
        try await EngineServerStandIn.run { stand in
            let metrics = RecordedMetrics()
            var english = server(stand.host, "plain", name: "english")
            english.languages = ["en"]
            let provider = try provider([english, server(stand.host, "plain", name: "all")], metrics: metrics)
            let result = try await provider.process(sound(tone(rate: 16_000), [.init("language", "pl-PL")]))
            #expect(result.metaValue("engine") == "all")
            let alone = try await self.provider([english]).process(sound(tone(rate: 16_000), [.init("language", "pl")]))
            #expect(alone.error == "english does not understand pl, only en")
            #expect(alone.fallbackRequired)
            #expect(
                metrics["circuit_breaker_failures_total", ("provider", "VoiceProvider"), ("engine", "english")] == nil)
        }
    }

    @Test func `an engine gets so many tasks at once and no more`() async throws {
        try await EngineServerStandIn.run { stand in
            var slow = server(stand.host, "silent")
            slow.limits = .init(timeout: .seconds(60), maxConcurrent: 1)
            let provider = try provider([slow])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<2 { group.addTask { _ = try? await provider.process(sound(tone(rate: 16_000))) } }
                await stand.waits(for: "asked silent")
                // The other one waits here, not at the server: it is asked when the first has left.
                group.cancelAll()
                try await group.waitForAll()
            }
            await stand.waits(for: "silent client left")
        }
    }

    // MARK: - PocketSphinx

    @Test(.enabled(if: hasPocketSphinx && hasEspeak, "apt install python3-pocketsphinx pocketsphinx-en-us espeak-ng"))
    func `PocketSphinx really hears, survives its death, and does not understand Polish`() async throws {
        try await withTemporaryFolder { folder in
            let spoken = try await CommandRun(
                command: ["espeak-ng", "-v", "en-us+klatt4", "-s", "160", "--stdout", "where is the ball"],
                maximumOutputBytes: 1 << 20
            ).run()
            let wave = try #require(WaveFile(spoken.output))
            #expect(wave.sampleRate == 22_050)
            var engine = EngineConfiguration.pocketSphinx
            engine.limits.timeout = .seconds(300)
            for protocolName in ["json-lines", "json-frames"] {
                engine.protocolName = protocolName
                engine.arguments = ["{engines}/speech_pocketsphinx.py", "{model}"]
                if protocolName == "json-frames" { engine.arguments.insert("--frames", at: 1) }
                let provider = try provider([engine], folder: folder + "/" + protocolName)
                try await running(provider) {
                    for _ in 0..<2 {
                        let result = try await provider.process(sound(wave))
                        let words = Set(try result.json["text"]?.string?.split(separator: " ") ?? [])
                        #expect(words.contains("ball") && words.contains("the"), "\(words) \(result.error ?? "")")
                        #expect(try 0...1 ~= (result.json["confidence"]?.double ?? -1))
                        #expect(result.metaValue("model") == "en-us")
                    }
                    let polish = try await provider.process(sound(wave, [.init("language", "pl")]))
                    #expect(polish.fallbackRequired)
                    let silence = try await provider.process(
                        sound(WaveFile(sampleRate: 16_000, samples: Array(repeating: 0, count: 16_000))))
                    #expect(try silence.json["text"] == "")
                }
            }
        }
    }
}
