import RiderModel

/// `voice.asr` by a program that writes what it heard to its standard output, such as whisper.cpp's.
struct RecognitionCommand: Engine {
    let settings: RecognitionSettings
    let program: EngineProgram

    var taskType: TaskType { .voiceASR }
    var name: String { settings.engine.name }
    var kind: EngineKind { .command }
    var limits: EngineLimits { settings.engine.limits }

    func status() async -> EngineStatus {
        guard let location = program.location else { return missing(program.missing) }
        return available("\(location), \(settings.engine.model)")
    }

    func perform(_ task: ClaimedTask) async throws -> TaskResult {
        let request = try TranscriptionRequest(task.envelope.payload)
        let language = try settings.language(of: request)
        let sound = try settings.sound(of: request)
        let output = try await program.run(
            ["language": language, "model": settings.engine.model], input: sound.encoded, suffix: ".wav")
        let text = Self.spoken(String(decoding: try program.checked(output), as: UTF8.self))
        return Transcript(text, model: settings.engine.model)
            .result(request, engine: name, language: language, sound: sound)
    }

    /// The words without what is only remarked: `[BLANK_AUDIO]`, `(wind blowing)`, `*sighs*`. Nobody said those, and a robot
    /// acts on what it is told.
    static func spoken(_ output: String) -> String {
        var text = ""
        var closing: Character?
        for character in output {
            if let end = closing {
                if character == end { closing = nil }
                continue
            }
            switch character {
            case "[": closing = "]"
            case "(": closing = ")"
            case "*": closing = "*"
            default: text.append(character)
            }
        }
        return text
    }
}
