import Glibc
import RiderModel

/// A program that reads a text and writes a WAV: espeak-ng, Piper, or one that is called like them.
struct ProgramSynthesizer: Synthesizer {
    /// How voices are named to the program.
    enum Dialect: String, CaseIterable {
        case piper
        case espeak = "espeak-ng"
    }

    /// How programs say that they do not have a voice: espeak-ng, Piper, and Piper's older program.
    private static let complaints = ["voice does not exist", "Unable to find voice", "Model file doesn't exist"]

    let program: EngineProgram
    let dialect: Dialect

    private var engine: EngineConfiguration { program.engine }

    var kind: EngineKind { .command }

    func status() async -> (isThere: Bool, detail: String) {
        guard let location = program.location else { return (false, program.missing) }
        return (true, "\(location), voice \(engine.voice)")
    }

    func voice(for asked: String) throws(EngineError) -> String {
        switch dialect {
        case .espeak: try EspeakVoice.name(for: asked, default: engine.voice)
        case .piper: try PiperVoice.name(for: asked, default: engine.voice)
        }
    }

    func speak(_ text: String, voice: String, speed: Double) async throws -> WaveFile {
        // A NUL would end the text for the program; Piper makes a sound file of each line; both read what stands in [[ ]] as
        // phonemes.
        let line = String(text.map { $0 == "\0" || $0.isNewline ? " " : $0 }).replacing("[[", with: "[ [")
        let values = [
            "voice": voice, "model": engine.model, "speed": speed.formatted(decimals: 3),
            "length_scale": (1 / min(10, max(0.1, speed))).formatted(decimals: 3),
            "words_per_minute": String(EspeakVoice.wordsPerMinute(at: speed)),
        ]
        let output = try await program.run(values, input: Array(line.utf8) + [0x0A], suffix: ".txt")
        // A configured voice that is missing is another matter: then the engine is broken.
        if voice != engine.voice, Self.complaints.contains(where: output.errors.contains) {
            throw EngineError.unsuited("\(engine.name) has no voice \(voice)")
        }
        guard let wave = SpokenSound.wave(try program.checked(output)) else {
            throw EngineError.failed("\(engine.name) wrote no whole WAV")
        }
        return wave
    }

    func run() async throws {}
}
