import Glibc
import RiderModel

/// `voice.asr` by a server that speaks OpenAI's `/v1/audio/transcriptions`: whisper.cpp's server, faster-whisper, LocalAI.
struct RecognitionServer: Engine {
    let settings: RecognitionSettings
    let server: EngineServer

    private var engine: EngineConfiguration { settings.engine }

    var taskType: TaskType { .voiceASR }
    var name: String { engine.name }
    var kind: EngineKind { .http }
    var limits: EngineLimits { engine.limits }

    func run() async throws { try await server.run() }

    func status() async -> EngineStatus {
        switch await server.presence(listing: "/audio/transcriptions") {
        case nil: available("\(engine.model) at \(engine.shownURL)")
        case let problem?: missing(problem)
        }
    }

    func perform(_ task: ClaimedTask) async throws -> TaskResult {
        let request = try TranscriptionRequest(task.envelope.payload)
        let language = try settings.language(of: request)
        // What only the server can read goes there as it is.
        let sound = request.isSamples ? try settings.sound(of: request) : nil
        let bytes = try sound?.encoded ?? request.bytes()
        let suffix = sound == nil ? request.format.lowercased().filter(\.isASCII).prefix(8) : "wav"
        var form = MultipartForm()
        form.add("model", engine.model)
        form.add("language", language)
        form.add("response_format", "verbose_json")
        form.add("temperature", "0")
        form.add("file", fileName: "speech.\(suffix.filter { $0.isLetter || $0.isNumber })", bytes)
        let answer: EngineServer.Answer
        do {
            answer = try await server.post(engine.url, form.finished(), contentType: form.contentType)
        } catch let failure as EngineServerFailure {
            if failure.status == 404, failure.words.isEmpty { throw EngineError.failed(failure.text + Self.advice) }
            throw failure.engineError
        }
        guard let json = answer.json, let text = json["text"]?.string else {
            throw EngineError.failed("\(name)'s answer is not what OpenAI's interface promises")
        }
        let heard = Segments(json["segments"]?.array ?? [])
        return Transcript(
            heard.isSilence ? "" : RecognitionCommand.spoken(text),
            language: json["language"]?.string.map(Self.code) ?? language, confidence: heard.confidence,
            model: engine.model
        ).result(request, engine: name, language: language, sound: sound)
    }

    private static let advice =
        " (whisper.cpp's server hears at /inference: start it with --inference-path, or set the engine's url)"

    /// Servers answer with a code or with the English name. A name that is not known here is told as it is.
    private static func code(_ language: String) -> String {
        switch language.lowercased() {
        case "polish": "pl"
        case "english": "en"
        case "german": "de"
        case "ukrainian": "uk"
        case "french": "fr"
        case "spanish": "es"
        case let name: String(name.prefix(40))
        }
    }
}

/// What Whisper says about its own certainty, part by part.
///
/// The confidence is the mean probability of a word piece: e to the mean of `avg_logprob`, each part weighed by its length.
/// Silence is told from speech as Whisper's own program does: a part whose `no_speech_prob` is above 0.6 while its
/// `avg_logprob` is below -1 was invented.
private struct Segments {
    private(set) var confidence: Double?
    private(set) var isSilence = false

    init(_ segments: [JSONValue]) {
        var weighed = 0.0
        var total = 0.0
        var silent = 0
        for segment in segments {
            guard let probability = segment["avg_logprob"]?.double else { return }
            let length = max(0.01, (segment["end"]?.double ?? 0) - (segment["start"]?.double ?? 0))
            weighed += probability * length
            total += length
            if let silence = segment["no_speech_prob"]?.double, silence > 0.6, probability < -1 { silent += 1 }
        }
        guard total > 0 else { return }
        confidence = exp(weighed / total)
        isSilence = silent == segments.count
    }
}
