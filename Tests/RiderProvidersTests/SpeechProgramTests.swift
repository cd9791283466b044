import Foundation
import RiderModel
import Synchronization
import Testing

@testable import RiderProviders

@Suite struct VoiceNameTests {
    @Test(
        arguments: [
            ("piper-pl", "pl"), ("pl", "pl"), ("PL", "pl"), ("pl-PL", "pl"), ("pl_PL", "pl"), ("en-gb", "en"),
            ("en-gb-scotland", "en"), ("en+f3", "en"), ("pl_PL-gosia-medium", "pl"), ("pl_PL-mc_speech-medium", "pl"),
            ("default", nil), ("alloy", nil), ("ash", nil), ("af_heart", nil), ("pf_dora", nil), ("", nil), ("p", nil),
            ("piper-", nil), ("pl PL", nil), ("12", nil),
        ] as [(String, String?)])
    func `the language that a voice names, if any`(_ voice: String, _ language: String?) {
        #expect(VoiceName.language(of: voice) == language)
    }
}

@Suite struct PiperVoiceTests {
    @Test(arguments: [
        ("default", "pl_PL-gosia-medium"), ("piper-pl", "pl_PL-gosia-medium"), ("pl", "pl_PL-gosia-medium"),
        ("pl-PL", "pl_PL-gosia-medium"), ("pl_PL-darkman-medium", "pl_PL-darkman-medium"),
        ("en_US-lessac-medium", "en_US-lessac-medium"), ("pl_PL-mc_speech-medium", "pl_PL-mc_speech-medium"),
    ])
    func `finds the voice that is meant`(_ asked: String, _ voice: String) throws {
        #expect(try PiperVoice.name(for: asked, default: "pl_PL-gosia-medium") == voice)
    }

    @Test(arguments: ["piper-en", "en", "en-gb", "alloy"])
    func `another language, or another engine's voice, is another engine's turn`(_ asked: String) {
        #expect {
            try PiperVoice.name(for: asked, default: "pl_PL-gosia-medium")
        } throws: { error in
            if case EngineError.unsuited = error { true } else { false }
        }
    }

    @Test(arguments: [
        "../../etc/passwd", "-h", "--help", "pl/PL", "a b", "ż_Ż-x", "a\0b_", "_pl", String(repeating: "a", count: 81),
    ])
    func `refuses what could lead elsewhere`(_ asked: String) {
        #expect {
            try PiperVoice.name(for: asked, default: "pl_PL-gosia-medium")
        } throws: { error in
            if case EngineError.payload = error { true } else { false }
        }
    }
}

/// Speech by Piper's command line, against a program that has it.
@Suite struct PiperTests {
    private static let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "piper.py").path()

    /// Piper's table as it is shipped, with two voices in a folder of the test's own.
    private func engine(_ folder: String, voice: String = "pl_PL-gosia-medium") throws -> EngineConfiguration {
        try FileManager.default.createDirectory(atPath: folder + "/voices", withIntermediateDirectories: true)
        for (name, scale) in [("pl_PL-gosia-medium", 1.0), ("en_US-lessac-medium", 1.0), ("pl_PL-darkman-medium", 2.0)]
        {
            try "".write(toFile: folder + "/voices/\(name).onnx", atomically: true, encoding: .utf8)
            try #"{"audio":{"sample_rate":22050},"inference":{"length_scale":\#(scale)}}"#
                .write(toFile: folder + "/voices/\(name).onnx.json", atomically: true, encoding: .utf8)
        }
        return EngineConfiguration(
            name: "piper", kind: .command, protocolName: "piper", limits: .init(timeout: .seconds(300)),
            program: "python3",
            arguments: [
                Self.script, "--model", folder + "/voices/{voice}.onnx", "--length_scale", "{length_scale}",
                "--output_file", "-",
            ], voice: voice)
    }

    private func provider(_ engines: [EngineConfiguration], folder: String) throws -> DomainProvider {
        var configuration = VoiceProviderConfiguration()
        configuration.asr.engines = []
        configuration.tts.engines = engines
        configuration.timeout = .seconds(300)
        return try .voice(configuration, breaker: .init(), environment: .init(engineFolder: folder + "/engines"))
    }

    private func say(_ text: String, voice: String? = nil, speed: Double? = nil) throws -> ClaimedTask {
        var members: [JSONValue.Member] = [.init("text", .string(text))]
        if let voice { members.append(.init("voice", .string(voice))) }
        if let speed { members.append(.init("speed", .number(speed))) }
        return try task(.voiceTTS, .object(members))
    }

    private let twentyLetters = "Jadę teraz do kuchni"

    @Test func `speaks with the voice and at the speed that is asked for, as the robot plays it`() async throws {
        try await withTemporaryFolder { folder in
            let provider = try provider([engine(folder)], folder: folder)
            for (voice, speed, milliseconds) in [
                (nil, nil, 1000), ("piper-pl", 1, 1000), ("pl", 2, 500), ("pl-PL", 0.5, 2000),
                ("en_US-lessac-medium", 1.6, 625), ("default", 100, 100),
            ] as [(String?, Double?, Int)] {
                let result = try await provider.process(say(twentyLetters, voice: voice, speed: speed))
                #expect(result.status == .completed, "\(result.error ?? "")")
                let sound = try #require(try result.sound)
                #expect(sound.sampleRate == 16_000)
                #expect(abs(sound.milliseconds - milliseconds) <= 1, "\(voice ?? "none") at \(speed ?? 1)")
                if milliseconds >= 500 { #expect(abs(amplitude(440, in: sound) - 8000) < 100) }
            }
        }
    }

    @Test func `a voice that is not there goes to the next engine, a configured one that is not there is a fault`()
        async throws
    {
        try await withTemporaryFolder { folder in
            let (engine, second) = (try engine(folder), try engine(folder, voice: "en_US-lessac-medium"))
            let asked = try await provider([engine], folder: folder).process(say("hej", voice: "pl_PL-nobody-medium"))
            #expect(asked.error == "piper has no voice pl_PL-nobody-medium")
            #expect(asked.fallbackRequired)
            var broken = engine
            broken.voice = "pl_PL-nobody-medium"
            let result = try await provider([broken], folder: folder).process(say("hej"))
            #expect(result.fallbackRequired)
            #expect(result.error?.contains("Unable to find voice") == true, "\(result.error ?? "")")
            #expect(result.error?.contains("use piper.download_voices") == true, "\(result.error ?? "")")
            var other = second
            other.name = "other"
            let fallback = try await provider([broken, other], folder: folder).process(say("hej"))
            #expect(fallback.metaValue("engine") == "other")
        }
    }

    @Test func `each language has an engine: the first that speaks it`() async throws {
        try await withTemporaryFolder { folder in
            var (polish, english) = (try engine(folder), try engine(folder, voice: "en_US-lessac-medium"))
            (polish.name, english.name) = ("polish", "english")
            let provider = try provider([polish, english], folder: folder)
            for (voice, name) in [("piper-pl", "polish"), ("en", "english"), ("piper-en", "english")] {
                let result = try await provider.process(say("hej", voice: voice))
                #expect(result.metaValue("engine") == .string(name))
            }
        }
    }

    @Test func `text is one line of text: neither options nor phonemes nor a second file`() async throws {
        try await withTemporaryFolder { folder in
            let provider = try provider([engine(folder)], folder: folder)
            for (text, letters) in [("--help", 6), ("-m x", 4), ("raz\ndwa", 7), ("a\u{0}b", 3), ("[[h@]]", 7)] {
                let result = try await provider.process(say(text))
                #expect(
                    try result.json["duration_ms"] == .integer(Int64(letters * 50)), "\(text): \(result.error ?? "")")
            }
        }
    }

    @Test func `a sound that is cut off is no sound`() async throws {
        try await withTemporaryFolder { folder in
            var engine = try engine(folder)
            engine.program = "/bin/sh"
            engine.arguments = ["-c", #"python3 "$@" | head -c 2000"#, "piper"] + engine.arguments
            let result = try await provider([engine], folder: folder).process(say(twentyLetters))
            #expect(result.error == "piper wrote no whole WAV")
            #expect(result.fallbackRequired)
        }
    }
}

@Suite struct SpeechPiecesTests {
    @Test(arguments: ["", "Cześć.", "Cześć! Jestem Rider.", String(repeating: "bla ", count: 14)])
    func `what is short is one piece`(_ text: String) {
        #expect(SpeechPieces.split(text) == [text])
    }

    @Test func `sentences are pieces, but neither numbers nor abbreviations nor a last word`() {
        let text =
            "Jadę teraz do kuchni, bo tam jest pilka. Do celu mam jeszcze np. 3.5 metra i zaraz tam będę! Czy mam wracać? Tak."
        let pieces = SpeechPieces.split(text)
        #expect(
            pieces == [
                "Jadę teraz do kuchni, bo tam jest pilka.", "Do celu mam jeszcze np. 3.5 metra i zaraz tam będę!",
                "Czy mam wracać? Tak.",
            ])
    }

    @Test func `nothing is lost, and nothing is longer than it may be, whatever the text`() {
        var generator = SystemRandomNumberGenerator()
        let parts = [
            "słowo", "x", "1.5", "np.", "koniec.", "co?", "no,", "\n", String(repeating: "ą", count: 700), "…",
        ]
        for _ in 0..<300 {
            let text = (0..<Int.random(in: 1...200, using: &generator))
                .map { _ in parts.randomElement(using: &generator) ?? "" }.joined(separator: " ")
            let pieces = SpeechPieces.split(text)
            func letters(_ text: String) -> String { text.filter { !$0.isWhitespace } }
            #expect(letters(pieces.joined()) == letters(text))
            #expect(pieces.allSatisfy { $0.count <= 2 * SpeechPieces.longest + SpeechPieces.shortest })
        }
    }
}

/// Long speeches: each piece is handed out while the next one is being made.
@Suite struct SpeechStreamTests {
    private static let sentences = [
        "Pierwsze zdanie jest na tyle długie, że stanowi całość.",
        "Drugie zdanie jest na tyle długie, że stanowi całość.",
        "Trzecie zdanie jest na tyle długie, że stanowi całość.",
    ]

    /// A provider whose program speaks its first sentence at once, and each other one when the test writes a line into `gate`.
    private func provider(_ folder: String, heard: AsyncStream<SpeechChunk>.Continuation) throws -> DomainProvider {
        let script = folder + "/speak"
        try """
        read -r line
        case "$line" in Pierwsze*) ;; *) read -r go < \(folder)/gate; [ "$go" = go ] || exit 7 ;; esac
        exec espeak-ng -v pl -b 1 --stdout "$line"
        """.write(toFile: script, atomically: true, encoding: .utf8)
        guard mkfifo(folder + "/gate", 0o600) == 0 else { throw CancellationError() }
        var configuration = VoiceProviderConfiguration()
        configuration.asr.engines = []
        configuration.timeout = .seconds(300)
        configuration.tts.engines[0].limits.timeout = .seconds(300)
        configuration.tts.engines[0].program = "/bin/sh"
        configuration.tts.engines[0].arguments = [script]
        return try .voice(
            configuration, breaker: .init(),
            environment: .init(onSpeech: { _, chunk in heard.yield(chunk) }))
    }

    private func open(_ folder: String, _ word: String = "go") async throws {
        // Opening waits for the reader: the sentence is being made.
        _ = try await CommandRun(
            command: ["/bin/sh", "-c", "echo \(word) > \(folder)/gate"], maximumOutputBytes: 100
        ).run()
    }

    private static let hasEspeak = FileManager.default.isExecutableFile(atPath: "/usr/bin/espeak-ng")

    private func speech(_ id: String = "long") throws -> ClaimedTask {
        let payload: JSONValue = ["text": .string(Self.sentences.joined(separator: " "))]
        return claimed(try TaskEnvelope(id: id, type: .voiceTTS, payload: payload.encoded))
    }

    @Test(.enabled(if: hasEspeak, "apt install espeak-ng"))
    func `the first words can be played while the last are being made`() async throws {
        try await withTemporaryFolder { folder in
            let (chunks, heard) = AsyncStream.makeStream(of: SpeechChunk.self)
            let provider = try provider(folder, heard: heard)
            let result = try await withThrowingTaskGroup(of: TaskResult.self) { group in
                group.addTask { try await provider.process(speech()) }
                var next = chunks.makeAsyncIterator()
                for index in Self.sentences.indices {
                    // The sentence after this one waits at the gate: the speech cannot be done.
                    let chunk = try #require(await next.next())
                    #expect(chunk.index == index)
                    #expect(chunk.isLast == (index == 2))
                    #expect(chunk.sampleRate == 16_000)
                    let sound = try #require(Data(base64Encoded: chunk.data).flatMap { WaveFile(Array($0)) })
                    #expect(sound.milliseconds == chunk.milliseconds && sound.milliseconds > 1000)
                    if index < 2 { try await open(folder) }
                }
                return try #require(try await group.next())
            }
            #expect(result.status == .completed, "\(result.error ?? "")")
            #expect(result.metaValue(SpeechChunk.countKey) == 3)
            #expect((try result.sound?.milliseconds ?? 0) > 3000, "the result has the whole speech")
        }
    }

    @Test(.enabled(if: hasEspeak, "apt install espeak-ng"))
    func `a speech that breaks off and begins again is heard once, from memory as far as it came`() async throws {
        try await withTemporaryFolder { folder in
            let (chunks, heard) = AsyncStream.makeStream(of: SpeechChunk.self)
            let provider = try provider(folder, heard: heard)
            for word in ["stop", "go"] {
                try await withThrowingTaskGroup(of: TaskResult.self) { group in
                    group.addTask { try await provider.process(speech()) }
                    try await open(folder, word)
                    if word == "go" { try await open(folder) }
                    let result = try #require(try await group.next())
                    #expect((result.status == .completed) == (word == "go"), "\(result.error ?? "")")
                    #expect(result.fallbackRequired == (word == "stop"))
                }
            }
            heard.finish()
            var indices: [Int] = []
            for await chunk in chunks { indices.append(chunk.index) }
            #expect(indices == [0, 1, 2])
        }
    }

    @Test(.enabled(if: hasEspeak, "apt install espeak-ng"))
    func `a speech that nobody waits for any more ends with its program`() async throws {
        try await withTemporaryFolder { folder in
            let (chunks, heard) = AsyncStream.makeStream(of: SpeechChunk.self)
            let provider = try provider(folder, heard: heard)
            await withThrowingTaskGroup(of: TaskResult.self) { group in
                group.addTask { try await provider.process(speech()) }
                // One piece was heard: the next one is at the gate, which nobody will open.
                for await _ in chunks { break }
                group.cancelAll()
                await #expect(throws: CancellationError.self) { _ = try await group.next() }
            }
            heard.finish()
            for await chunk in chunks { Issue.record("chunk \(chunk.index) after the end") }
        }
    }
}
