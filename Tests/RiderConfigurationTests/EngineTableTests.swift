import Testing

@testable import RiderConfiguration

@Suite struct EngineTableTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func load(_ text: String, in file: String = "voice_provider.toml", environment: [String: String] = [:])
        throws -> LoadedConfiguration
    {
        try folder.write(text, to: file)
        return try ConfigurationLoader(directories: [folder.path], environment: environment).load()
    }

    private func problems(_ text: String) -> String {
        do {
            _ = try load(text)
            return ""
        } catch {
            return "\(error)"
        }
    }

    @Test func shippedEnginesAreKnownAndTheListChoosesAmongThem() throws {
        let asr = try load("[voice.asr]\nengines = [\"whisper-server\", \"pocketsphinx\"]\n").settings.voice.asr
        #expect(asr.engines.chosen == ["whisper-server", "pocketsphinx"])
        #expect(asr.engines.all.map(\.name) == ["whisper-server", "whisper-cpp", "pocketsphinx", "mock"])
        let server = try #require(asr.engines.all.first)
        #expect(server.text("kind") == "http")
        #expect(server.integer("timeout_seconds") == 20)
        #expect(server.integer("priority") == nil)
        #expect(server.text("program") == "")
    }

    @Test func anEngineOfOnesOwnTakesWhatItLeavesOutFromTheShippedOneOfItsKind() throws {
        let loaded = try load(
            """
            [voice.asr]
            engines = ["attic", "cellar"]
            [voice.asr.attic]
            kind = "http"
            url = "http://attic:9000/v1/audio/transcriptions"
            api_key = "s3cret"
            [voice.asr.cellar]
            kind = "command"
            program = "hear"
            arguments = ["{input}"]
            """)
        let all = loaded.settings.voice.asr.engines.all
        let attic = try #require(all.first { $0.name == "attic" })
        #expect(attic.text("url") == "http://attic:9000/v1/audio/transcriptions")
        #expect(attic.text("model") == "whisper-1")
        #expect(attic.integer("max_concurrent") == 2)
        let cellar = try #require(all.first { $0.name == "cellar" })
        #expect(cellar.texts("arguments") == ["{input}"])
        #expect(cellar.text("input") == "file")
        let secret = try #require(loaded.values.first { $0.definition.key == "voice.asr.attic.api_key" })
        #expect(secret.shown == "(hidden)")
    }

    @Test func theProtocolSaysWhichOfSeveralIsTakenAfter() throws {
        let loaded = try load(
            """
            [voice.tts.robot]
            kind = "command"
            protocol = "espeak-ng"
            [voice.tts.gosia]
            kind = "command"
            """)
        let all = loaded.settings.voice.tts.engines.all
        #expect(all.first { $0.name == "robot" }?.text("program") == "espeak-ng")
        #expect(all.first { $0.name == "gosia" }?.text("program") == "piper")
    }

    @Test func variablesReachTheEnginesOfFiles() throws {
        let loaded = try load(
            "[voice.asr.attic]\nkind = \"http\"\n",
            environment: [
                "RIDER_VOICE_ASR_ATTIC_API_KEY": "k", "RIDER_VOICE_ASR_WHISPER_SERVER_MODEL": "large",
            ])
        let all = loaded.settings.voice.asr.engines.all
        #expect(all.first { $0.name == "attic" }?.text("api_key") == "k")
        #expect(all.first { $0.name == "whisper-server" }?.text("model") == "large")
    }

    @Test func aFileWithoutItsSectionHeaderMayBringEnginesToo() throws {
        let loaded = try load("[second]\nkind = \"coprocess\"\nprogram = \"see\"\n", in: "vision_provider.toml")
        #expect(loaded.settings.vision.engines.all.first { $0.name == "second" }?.text("program") == "see")
    }

    @Test func mistakesAreNamed() {
        #expect(
            problems("[voice.asr]\nengines = [\"pocketsfinx\"]\n").contains(
                ":2: error: voice.asr.engines: no engine \"pocketsfinx\"; known are \"whisper-server\""))
        #expect(problems("[voice.asr]\nengines = [\"mock\", \"mock\"]\n").contains("names \"mock\" twice"))
        #expect(
            problems("[voice.asr.x]\nkind = \"magic\"\n").contains(
                ":2: error: voice.asr.x.kind: no engine here is of kind \"magic\"; the kinds are \"builtin\""))
        // Without a kind it is most likely a misspelt name.
        #expect(
            problems("[voice.asr.whisper-sever]\nmodel = \"x\"\n").contains(
                "no such key; the nearest is voice.asr.whisper-server.model"))
        #expect(problems("[voice.asr.pocketsphinx]\nkind = \"http\"\n").contains("must be one of \"coprocess\""))
        #expect(problems("[voice.asr.whisper-server]\nurl = \"localhost\"\n").contains("must be http://… or https://…"))
        let secret = problems("[voice.asr.whisper-server]\nurl = \"http://robot:hunter2@attic/v1\"\n")
        #expect(secret.contains("without a password") && !secret.contains("hunter2"))
        #expect(problems("[voice.asr.whisper-server]\nurl = \"http://attic/v1/@robot\"\n") == "")
        #expect(problems("[voice.asr.a]\nkind = \"http\"\nprogram = \"x\"\n").contains("no such key"))
    }
}
