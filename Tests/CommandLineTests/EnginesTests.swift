import Foundation
import RiderModel
import Testing

/// `rider engines` as somebody uses it who has just installed the program.
@Suite(.timeLimit(.minutes(2))) struct EnginesTests {
    private let rider: RiderProcess

    init() throws {
        rider = try RiderProcess()
    }

    @Test func listShowsWhoIsAskedFirstAndWhoElseThereIs() async throws {
        let outcome = try await rider.run("engines", "list", "--json")
        #expect(outcome.status == 0, "\(outcome.errors)")
        let engines = try #require(try JSONValue(parsing: outcome.output).array)
        func order(_ type: String, _ engine: String) -> JSONValue? {
            engines.first { $0["task_type"] == .string(type) && $0["engine"] == .string(engine) }?["order"]
        }
        #expect(order("voice.asr", "pocketsphinx") == 1)
        #expect(order("voice.asr", "whisper-server") == .null)
        #expect(order("voice.tts", "espeak-ng") == 1)
        #expect(order("vision.frame", "opencv") == 1)
        #expect(order("text.nlu", "rules") == 1)
        #expect(order("text.generate", "ollama") == 1)
    }

    @Test func listShowsNoKeyThatIsInAnAddress() async throws {
        for more in [["--json"], []] {
            let outcome = try await rider.run(
                ["engines", "list"] + more
                    + ["--set", "text.generate.ollama.url=http://model.local:11434?key=s3cret"])
            #expect(outcome.status == 0, "\(outcome.errors)")
            #expect(outcome.output.contains("http://model.local:11434"))
            #expect(!outcome.output.contains("s3cret"))
        }
    }

    @Test func testSaysWhatWorksAndHowToGetWhatDoesNot() async throws {
        // Nobody listens at port 9 of this machine.
        let outcome = try await rider.run(
            "engines", "test", "text", "--json", "--set", "text.generate.ollama.url=http://127.0.0.1:9")
        #expect(outcome.status == 3, "\(outcome.errors)")
        let verdicts = try #require(try JSONValue(parsing: outcome.output).array)
        #expect(verdicts.map { $0["works"] } == [true, false])
        #expect(verdicts[0]["result"]?["intent"]?["name"] == "navigate")
        let advice = verdicts[1]["detail"]?.string ?? ""
        #expect(advice.contains("https://ollama.com") && advice.contains("ollama serve"), "\(advice)")
    }

    @Test func testOfWhatDoesNotExistIsWrongUse() async throws {
        let outcome = try await rider.run("engines", "test", "telepathy")
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("telepathy is neither a task type nor an engine"))
    }

    /// The table as it is shipped, and a program with Piper's command line.
    @Test func theShippedTableSpeaksPipersLanguage() async throws {
        let voices = rider.folder + "/voices"
        try FileManager.default.createDirectory(atPath: voices, withIntermediateDirectories: true)
        let voice = voices + "/pl_PL-gosia-medium.onnx"
        try Data().write(to: URL(filePath: voice))
        try Data(#"{"audio":{"sample_rate":22050},"inference":{"length_scale":1}}"#.utf8)
            .write(to: URL(filePath: voice + ".json"))
        let piper = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "RiderProvidersTests/piper.py").path
        let outcome = try await rider.run(
            "engines", "test", "piper", "--json", "--set", "voice.tts.piper.program=\(piper)")
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
        let verdict = try #require(try JSONValue(parsing: outcome.output).array?.first)
        // The sample has 20 letters.
        #expect(verdict["detail"] == "spoke for 1000 ms at 16000 Hz")
    }

    @Test func testShowsForeignTextOnOneLine() async throws {
        let program = rider.folder + "/hear"
        try Data("printf 'where\\033[31m is\\nthe ball'\n".utf8).write(to: URL(filePath: program))
        let outcome = try await rider.run(
            "engines", "test", "whisper-cpp", "--set", "voice.asr.whisper-cpp.program=/bin/sh", "--set",
            "voice.asr.whisper-cpp.arguments=\(program)")
        #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
        #expect(outcome.output.split(separator: "\n").count == 2)
        #expect(!outcome.output.contains("\u{1B}"))
    }

    @Test func anEngineThatHearsNothingInPlainWordsDoesNotWork() async throws {
        let outcome = try await rider.run(
            "engines", "test", "whisper-cpp", "--set", "voice.asr.whisper-cpp.program=/bin/true")
        #expect(outcome.status == 1)
        #expect(outcome.output.contains("no"))
    }
}
