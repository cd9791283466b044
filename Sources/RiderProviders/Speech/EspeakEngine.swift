import RiderModel
import Subprocess

/// `voice.tts` by espeak-ng: one short-lived process per task, text by its standard input, a WAV from its standard output.
struct EspeakEngine: Engine {
    static let name = "espeak-ng"

    let configuration: SpeechConfiguration

    var taskType: TaskType { .voiceTTS }
    var name: String { Self.name }

    func status() async -> EngineStatus {
        do {
            let found = try await Subprocess.run(
                executable, arguments: ["--version"], environment: environment, output: .string(limit: 4096),
                error: .discarded)
            let line = found.standardOutput.split(separator: "\n").first.map(String.init) ?? "unknown version"
            return available(line)
        } catch {
            return missing(missingText)
        }
    }

    func perform(_ task: ClaimedTask) async throws -> TaskResult {
        let request = try SpeechRequest(task.envelope.payload)
        let voice = try EspeakVoice.name(for: request.voice, default: configuration.voice)
        let wordsPerMinute = EspeakVoice.wordsPerMinute(at: request.speed)
        let spoken = try await speak(request.text, voice: voice, wordsPerMinute: wordsPerMinute)
        let wave = try Resampler.convert(spoken, to: configuration.sampleRate)
        try Task.checkCancellation()

        return .completed(
            wave.result,
            meta: [
                .init("model", .string(voice)), .init("engine", .string(Self.name)),
                .init("voice", .string(request.voice)), .init("speed", .number(request.speed)),
                .init("words_per_minute", .integer(Int64(wordsPerMinute))),
            ])
    }

    private func speak(_ text: String, voice: String, wordsPerMinute: Int) async throws -> WaveFile {
        // 22050 samples a second of two bytes, and the header.
        let limit = configuration.maxAudioSeconds * 22_050 * 2 + 1024
        // A NUL would end the text for the program.
        let spoken = text.replacing("\0", with: " ")
        let process: ExecutionResult<Void, BytesOutput, StringOutput<UTF8>>
        do {
            process = try await Subprocess.run(
                executable,
                arguments: ["-v", voice, "-s", String(wordsPerMinute), "-b", "1", "--stdin", "--stdout"],
                environment: environment, input: .string(spoken), output: .bytes(limit: limit),
                error: .string(limit: 16_384))
        } catch let error as SubprocessError where error.code == .outputLimitExceeded {
            try Task.checkCancellation()
            throw EngineError.payload("Speech longer than \(configuration.maxAudioSeconds) s")
        } catch let error as SubprocessError where error.code == .executableNotFound {
            throw EngineError.failed(missingText)
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw EngineError.failed("espeak-ng could not be run: \(error)")
        }
        try Task.checkCancellation()
        if process.standardError.contains("voice does not exist") {
            throw EngineError.payload("Unknown voice: \(voice)")
        }
        guard process.terminationStatus.isSuccess else {
            let said = process.standardError.split(separator: "\n").first.map { ": " + $0.prefix(200) } ?? ""
            throw EngineError.failed("espeak-ng ended with \(process.terminationStatus)\(said)")
        }
        guard let wave = WaveFile(process.standardOutput) else {
            throw EngineError.failed("espeak-ng wrote no 16-bit mono WAV")
        }
        return wave
    }

    /// The last part of the command, looked for in ``environment``.
    private var executable: Executable {
        .name(configuration.command.split(separator: "/").last.map(String.init) ?? configuration.command)
    }

    /// A command with a path is a name in a PATH of one folder.
    private var environment: Environment {
        guard let slash = configuration.command.lastIndex(of: "/") else { return .inherit }
        return .inherit.updating(["PATH": String(configuration.command[..<slash])])
    }

    private var missingText: String {
        "\(configuration.command) is not installed: apt install espeak-ng, or set voice.tts.command"
    }
}
