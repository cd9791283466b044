import RiderModel

/// `voice.tts` by espeak-ng: one short-lived process per task, text by its standard input, a WAV from its standard output.
struct EspeakEngine: Engine {
    let engine: EngineConfiguration
    let configuration: SpeechConfiguration

    var taskType: TaskType { .voiceTTS }
    var name: String { engine.name }
    var limits: EngineLimits { engine.limits }
    var kind: EngineKind { .command }

    func status() async -> EngineStatus {
        do {
            let found = try await CommandRun(command: [engine.program, "--version"], maximumOutputBytes: 4096)
                .run()
            let text = String(decoding: found.output, as: UTF8.self)
            return available(text.split(separator: "\n").first.map(String.init) ?? "unknown version")
        } catch {
            return missing(missingText)
        }
    }

    func perform(_ task: ClaimedTask) async throws -> TaskResult {
        let request = try SpeechRequest(task.envelope.payload)
        let voice = try EspeakVoice.name(for: request.voice, default: engine.voice)
        let wordsPerMinute = EspeakVoice.wordsPerMinute(at: request.speed)
        let spoken = try await speak(request.text, voice: voice, wordsPerMinute: wordsPerMinute)
        let wave = try Resampler.convert(spoken, to: configuration.sampleRate)
        try Task.checkCancellation()

        return .completed(
            wave.result,
            meta: [
                .init("model", .string(voice)), .init("engine", .string(engine.name)),
                .init("voice", .string(request.voice)), .init("speed", .number(request.speed)),
                .init("words_per_minute", .integer(Int64(wordsPerMinute))),
            ])
    }

    private func speak(_ text: String, voice: String, wordsPerMinute: Int) async throws -> WaveFile {
        // 22050 samples a second of two bytes, and the header.
        let limit = configuration.maxAudioSeconds * 22_050 * 2 + 1024
        // A NUL would end the text for the program.
        let spoken = text.replacing("\0", with: " ")
        let process: CommandRun.Output
        do {
            process = try await CommandRun(
                command: [
                    engine.program, "-v", voice, "-s", String(wordsPerMinute), "-b", "1", "--stdin", "--stdout",
                ], input: Array(spoken.utf8), maximumOutputBytes: limit
            ).run()
        } catch is CommandRun.OutputTooLong {
            throw EngineError.payload("Speech longer than \(configuration.maxAudioSeconds) s")
        } catch is ChildProcess.SpawnError {
            throw EngineError.failed(missingText)
        }
        if process.errors.contains("voice does not exist") {
            throw EngineError.payload("Unknown voice: \(voice)")
        }
        guard process.ending == .exited(0) else {
            let said = process.errors.split(separator: "\n").first.map { ": " + $0.prefix(200) } ?? ""
            throw EngineError.failed("espeak-ng ended with \(process.ending)\(said)")
        }
        guard let wave = WaveFile(process.output) else {
            throw EngineError.failed("espeak-ng wrote no 16-bit mono WAV")
        }
        return wave
    }

    private var missingText: String {
        "\(engine.program) is not installed: apt install espeak-ng, or set voice.tts.espeak-ng.program"
    }
}
