import RiderModel

/// What an engine heard.
struct Transcript: Sendable, Hashable {
    /// Empty when there was nothing to hear.
    var text: String
    /// As the engine found it; nil when it does not say.
    var language: String?
    /// 0…1; nil when the engine gives none.
    var confidence: Double?
    var model: String

    init(_ text: String, language: String? = nil, confidence: Double? = nil, model: String) {
        // Programs break lines where they like.
        self.text = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        self.language = language
        self.confidence = confidence.flatMap { $0.isFinite ? min(1, max(0, $0)) : nil }
        self.model = model
    }

    /// - Parameters:
    ///   - language: what the engine was told to expect.
    ///   - sound: nil when only the engine could read it.
    func result(_ request: TranscriptionRequest, engine: String, language: String, sound: WaveFile?) -> TaskResult {
        var output: [JSONValue.Member] = [.init("text", .string(text))]
        if let confidence, !text.isEmpty { output.append(.init("confidence", .number(confidence))) }
        output.append(.init("language", .string(self.language ?? language)))
        var meta: [JSONValue.Member] = [
            .init("model", .string(model)), .init("engine", .string(engine)),
            .init("sample_rate", .integer(Int64(sound?.sampleRate ?? request.sampleRate))),
            .init("format", .string(request.format)),
        ]
        if let sound { meta.append(.init("audio_ms", .integer(Int64(sound.milliseconds)))) }
        return .completed(.object(output), meta: meta)
    }
}

/// What the engines of `voice.asr` have in common.
struct RecognitionSettings: Sendable {
    /// What engines without a wish of their own get.
    static let sampleRate = 16_000

    let engine: EngineConfiguration
    let configuration: RecognitionConfiguration

    /// The language of a task.
    ///
    /// - Throws: ``EngineError/unsuited(_:)`` when the engine does not understand it.
    func language(of request: TranscriptionRequest) throws(EngineError) -> String {
        let language = request.language ?? configuration.language
        guard engine.languages.isEmpty || engine.languages.contains(language) else {
            throw .unsuited(
                "\(engine.name) does not understand \(language), only \(engine.languages.joined(separator: ", "))")
        }
        return language
    }

    /// The samples as engines like them: one channel, 16 kHz.
    func sound(of request: TranscriptionRequest) throws -> WaveFile {
        let sound = try request.sound(maximumSeconds: configuration.maxAudioSeconds)
        return try Resampler.convert(sound, to: Self.sampleRate)
    }
}
