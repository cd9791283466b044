import FoundationEssentials
import RiderModel

/// `voice.asr` by a coprocess such as `tools/engines/speech_pocketsphinx.py`, which says what is said to it.
struct RecognitionCoprocess: Engine {
    let settings: RecognitionSettings
    let pool: CoprocessPool

    var taskType: TaskType { .voiceASR }
    var name: String { settings.engine.name }
    var kind: EngineKind { .coprocess }
    var limits: EngineLimits { settings.engine.limits }
    var reportsItself: Bool { true }

    func run() async throws { try await pool.run() }

    func status() async -> EngineStatus { current }

    var ownStatus: EngineStatus? { current }

    private var current: EngineStatus {
        switch pool.readiness {
        case .ready(let message): available(message["version"]?.string ?? "ready")
        case .unknown: missing("\(settings.engine.program) is starting")
        case .down(let reason):
            missing("\(settings.engine.program) \(reason) (apt install python3-pocketsphinx pocketsphinx-en-us)")
        }
    }

    func perform(_ task: ClaimedTask) async throws -> TaskResult {
        let request = try TranscriptionRequest(task.envelope.payload)
        let language = try settings.language(of: request)
        let sound = try settings.sound(of: request)
        let answer: JSONValue
        do {
            answer = try await pool.request { writer in
                writer.key("audio")
                writer.string(Data(sound.littleEndian).base64EncodedString())
                writer.key("rate")
                writer.integer(sound.sampleRate)
                writer.key("language")
                writer.string(language)
            }
        } catch let failure as Coprocess.Failure {
            throw EngineError.failed("\(failure)")
        }
        if let fault = answer["fault"]?.string {
            let said = "\(name): \(answer["error"]?.string?.prefix(300) ?? "no reason given")"
            throw fault == "sound" ? EngineError.payload(said) : .failed(said)
        }
        guard let text = answer["text"]?.string else {
            throw EngineError.failed("\(name) answered without a text")
        }
        var model = settings.engine.model
        if case .ready(let message) = pool.readiness, let name = message["model"]?.string { model = name }
        return Transcript(
            text, language: answer["language"]?.string, confidence: answer["confidence"]?.double, model: model
        ).result(request, engine: name, language: language, sound: sound)
    }
}
