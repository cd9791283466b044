import Foundation
import RiderModel
import Testing

@testable import RiderProviders

@Suite struct WaveAndResamplerTests {
    @Test(arguments: [100.0, 440, 1000, 3000, 6000])
    func `keeps a tone of speech at its pitch and level`(_ frequency: Double) throws {
        let converted = try Resampler.convert(sine(frequency, rate: 22_050), to: 16_000)
        #expect(converted.sampleRate == 16_000)
        #expect(converted.samples.count == 8000)
        #expect(abs(amplitude(frequency, in: converted) - 20_000) < 200)
    }

    @Test func `a tone above the new limit does not come back as another one`() throws {
        let converted = try Resampler.convert(sine(9500, rate: 22_050), to: 16_000)
        // It would fold to 16000 - 9500.
        #expect(amplitude(6500, in: converted) < 20)
    }

    @Test func `is in time to the sample`() throws {
        let converted = try Resampler.convert(sine(440, rate: 22_050), to: 16_000)
        let expected = sine(440, rate: 16_000)
        for index in 1000..<7000 {
            #expect(abs(Int(converted.samples[index]) - Int(expected.samples[index])) < 60)
        }
    }

    @Test func `silence stays silence, a constant stays constant, full scale is not exceeded`() throws {
        let silence = try Resampler.convert(
            .init(sampleRate: 22_050, samples: .init(repeating: 0, count: 4410)), to: 16_000)
        #expect(silence.samples.allSatisfy { $0 == 0 })
        let constant = try Resampler.convert(
            .init(sampleRate: 22_050, samples: .init(repeating: 30_000, count: 4410)), to: 16_000)
        #expect(constant.samples[100..<3000].allSatisfy { abs(Int($0) - 30_000) <= 1 })
        let square = WaveFile(sampleRate: 22_050, samples: (0..<4410).map { $0 % 40 < 20 ? .max : .min })
        #expect(try Resampler.convert(square, to: 16_000).samples.count == 3200)
    }

    @Test func `converts upwards, not at all, and nothing`() throws {
        #expect(try Resampler.convert(sine(440, rate: 16_000), to: 48_000).samples.count == 24_000)
        #expect(try Resampler.convert(sine(440, rate: 16_000), to: 16_000) == sine(440, rate: 16_000))
        #expect(try Resampler.convert(.init(sampleRate: 22_050, samples: []), to: 16_000).samples.isEmpty)
        #expect(throws: EngineError.self) { try Resampler.convert(sine(440, rate: 22_050), to: 16_001) }
    }

    @Test func `reads what it writes`() throws {
        let wave = sine(440, rate: 16_000)
        #expect(WaveFile(wave.encoded) == wave)
        #expect(wave.milliseconds == 500)
    }

    @Test func `a length that lies is not believed, a header without a sound is`() throws {
        var bytes = sine(440, rate: 16_000, seconds: 0.01).encoded
        bytes.replaceSubrange(40..<44, with: [0xFF, 0xFF, 0xFF, 0x7F])
        #expect(WaveFile(bytes)?.samples.count == 160)
        #expect(WaveFile(WaveFile(sampleRate: 16_000, samples: []).encoded)?.samples.isEmpty == true)
        #expect(WaveFile([]) == nil)
        #expect(WaveFile(Array(bytes.prefix(30))) == nil)
        for cut in 0..<bytes.count { _ = WaveFile(Array(bytes.prefix(cut))) }
    }
}

@Suite struct EspeakVoiceTests {
    @Test(arguments: [
        ("default", "pl"), ("piper-pl", "pl"), ("piper-en", "en"), ("pl_PL-gosia-medium", "pl"),
        ("en_US-lessac-medium", "en-us"), ("en_GB-alan-low", "en-gb"), ("de", "de"), ("en+f3", "en+f3"),
    ])
    func `finds the voice that is meant`(_ asked: String, _ voice: String) throws {
        #expect(try EspeakVoice.name(for: asked, default: "pl") == voice)
    }

    @Test(arguments: [
        "-f/etc/passwd", "--help", "", "../../etc", "pl;rm", "pl pl", "ż", "+f3", "0", "piper-", "piper--x", "a\0b",
        String(repeating: "a", count: 41),
    ])
    func `refuses what could be anything but a voice`(_ asked: String) {
        #expect(throws: EngineError.self) { try EspeakVoice.name(for: asked, default: "-x") }
    }

    @Test(arguments: [(1.0, 175), (2.0, 350), (0.5, 88), (0.01, 80), (100, 450)])
    func `speed becomes words per minute within the program's bounds`(_ speed: Double, _ words: Int) {
        #expect(EspeakVoice.wordsPerMinute(at: speed) == words)
    }
}

private let hasEspeak = ["/usr/bin/espeak-ng", "/usr/local/bin/espeak-ng"].contains {
    FileManager.default.isExecutableFile(atPath: $0)
}

@Suite struct VoiceProviderTests {
    private func provider(
        metrics: RecordedMetrics = .init(), _ change: (inout VoiceProviderConfiguration) -> Void = { _ in }
    ) throws -> DomainProvider {
        var configuration = VoiceProviderConfiguration()
        configuration.asr.engines = []
        change(&configuration)
        return try .voice(configuration, breaker: .init(), environment: .init(metrics: metrics))
    }

    private func wave(_ result: TaskResult) throws -> WaveFile {
        let text = try #require(try result.json["audio_data"]?.string)
        let data = try #require(Data(base64Encoded: text))
        return try #require(WaveFile(Array(data)))
    }

    @Test(
        .enabled(if: hasEspeak, "espeak-ng is not installed: apt install espeak-ng"),
        arguments: [("piper-pl", "Przeszkoda po prawej stronie."), ("en", "Obstacle on the right hand side.")])
    func `really speaks`(_ voice: String, _ text: String) async throws {
        let result = try await provider().process(task(.voiceTTS, ["text": .string(text), "voice": .string(voice)]))
        #expect(result.status == .completed, "\(result.error ?? "")")
        let wave = try wave(result)
        #expect(wave.sampleRate == 16_000)
        #expect(try result.json["format"] == "wav")
        #expect(try result.json["sample_rate"] == 16_000)
        #expect(try result.json["duration_ms"] == .integer(Int64(wave.milliseconds)))
        #expect(1000...5000 ~= wave.milliseconds)
        let loudest = wave.samples.map { abs(Int($0)) }.max() ?? 0
        #expect(loudest > 3000, "it is no silence")
        #expect(result.metaValue("engine") == "espeak-ng")
        #expect(result.metaValue("voice") == .string(voice))
    }

    @Test(.enabled(if: hasEspeak, "espeak-ng is not installed"))
    func `speaks faster when asked to`() async throws {
        let provider = try provider()
        let text: JSONValue = "Jadę do kuchni po herbatę i zaraz wracam."
        let normal = try wave(await provider.process(task(.voiceTTS, ["text": text])))
        let fast = try wave(await provider.process(task(.voiceTTS, ["text": text, "speed": 2])))
        let slow = try wave(await provider.process(task(.voiceTTS, ["text": text, "speed": 0.6])))
        #expect(Double(fast.samples.count) < 0.75 * Double(normal.samples.count))
        #expect(Double(slow.samples.count) > 1.25 * Double(normal.samples.count))
    }

    @Test(.enabled(if: hasEspeak, "espeak-ng is not installed"))
    func `a voice that does not exist is no reason to call the engine broken`() async throws {
        let metrics = RecordedMetrics()
        let provider = try provider(metrics: metrics)
        for voice in ["nosuchvoice", "af_heart"] {
            let result = try await provider.process(task(.voiceTTS, ["text": "hej", "voice": .string(voice)]))
            #expect(result.error == "espeak-ng has no voice \(voice)")
            #expect(result.fallbackRequired, "the robot may have it")
        }
        #expect(
            metrics["circuit_breaker_failures_total", ("provider", "VoiceProvider"), ("engine", "espeak-ng")] == nil)
        let broken = try await self.provider { $0.tts.engines[0].voice = "nosuchvoice" }
            .process(task(.voiceTTS, ["text": "hej"]))
        #expect(broken.error?.hasPrefix("espeak-ng ended with exit code 1") == true, "\(broken.error ?? "")")
        #expect(broken.fallbackRequired)
    }

    @Test(.enabled(if: hasEspeak, "espeak-ng is not installed"))
    func `text that looks like options or markup is only spoken`() async throws {
        for text in ["--help", "-w /tmp/x", "$(id)", "<speak>hej</speak>", "a\u{0}b", "🤖"] {
            let result = try await provider().process(task(.voiceTTS, ["text": .string(text)]))
            #expect(result.status == .completed, "\(text): \(result.error ?? "")")
        }
    }

    @Test(.enabled(if: hasEspeak, "espeak-ng is not installed"))
    func `a speech longer than the limit is refused`() async throws {
        let provider = try provider { $0.tts.maxAudioSeconds = 1 }
        let text = String(repeating: "bardzo długi tekst ", count: 60)
        let result = try await provider.process(task(.voiceTTS, ["text": .string(text)]))
        #expect(result.error == "Speech longer than 1 s")
        #expect(!result.fallbackRequired)
    }

    @Test func `a missing program says how to get it and means a fallback`() async throws {
        let provider = try provider { $0.tts.engines[0].program = "/nonexistent/espeak-ng" }
        let result = try await provider.process(task(.voiceTTS, ["text": "hej"]))
        #expect(result.fallbackRequired)
        #expect(result.error?.contains("apt install espeak-ng") == true)
        let status = try #require(await provider.engines().first)
        #expect(!status.available)
        #expect(status.detail.contains("apt install espeak-ng"))
    }

    @Test func `a program that never ends is killed when the time is up`() async throws {
        try await withTemporaryFolder { folder in
            let program = try HangingProgram(folder)
            try await program.outlive { limit in
                let provider = try provider {
                    $0.tts.engines[0].program = "/bin/sh"
                    $0.tts.engines[0].arguments.insert(program.path, at: 0)
                    $0.timeout = limit
                }
                let result = try await provider.process(task(.voiceTTS, ["text": "hej"]))
                #expect(
                    result.error
                        == "voice.tts took longer than \(limit.inSeconds.formatted(decimals: 1)) s and was ended")
                #expect(result.fallbackRequired)
            }
        }
    }

    @Test func `a program that fails means a fallback with its own words`() async throws {
        try await withTemporaryFolder { folder in
            let program = folder + "/speak"
            try "#!/bin/sh\necho out of memory >&2\nexit 3\n".write(toFile: program, atomically: true, encoding: .utf8)
            let provider = try provider {
                $0.tts.engines[0].program = "/bin/sh"
                $0.tts.engines[0].arguments.insert(program, at: 0)
            }
            let result = try await provider.process(task(.voiceTTS, ["text": "hej"]))
            #expect(result.fallbackRequired)
            #expect(result.error?.contains("out of memory") == true, "\(result.error ?? "")")
        }
    }

    @Test(arguments: [
        ("bad/task.tts-blank-text.json", "Text cannot be empty"),
        ("bad/task.tts-too-long.json", "Text too long (max 5000 chars)"),
        ("bad/task.tts-text-number.json", "text must be a string"),
        ("bad/task.tts-bad-speed.json", "speed must be a number"),
    ])
    func `the caller's mistakes are named`(_ fixture: String, _ error: String) async throws {
        let result = try await provider().process(Fixture.task(fixture))
        #expect(result.error == error)
        #expect(!result.fallbackRequired)
        let missing = try await provider().process(task(.voiceTTS, ["voice": "pl"]))
        #expect(missing.error == "Missing text in payload")
    }

    @Test func `without an engine for recognition nothing is invented and nothing breaks`() async throws {
        let metrics = RecordedMetrics()
        let provider = try provider(metrics: metrics)
        for _ in 0..<10 {
            let result = try await provider.process(Fixture.task("task.voice.asr.json"))
            #expect(result.status == .failed)
            #expect(result.fallbackRequired)
            #expect(result.output == nil)
        }
        #expect(metrics["circuit_breaker_state", ("provider", "VoiceProvider"), ("engine", "espeak-ng")] == 0)
        for fixture in ["bad/task.asr-missing-audio.json", "bad/task.asr-empty-base64.json"] {
            let result = try await provider.process(Fixture.task(fixture))
            #expect(result.error == "Missing audio_data in payload")
            #expect(!result.fallbackRequired)
        }
        let rate = try await provider.process(Fixture.task("bad/task.asr-rate-zero.json"))
        #expect(!rate.fallbackRequired)
    }
}
