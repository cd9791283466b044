import RiderModel

/// `voice.tts`: a text is said piece by piece, so that the first words can be heard while the last are still being made.
struct SpeechEngine: Engine {
    let engine: EngineConfiguration
    let configuration: SpeechConfiguration
    let synthesizer: any Synthesizer
    let memory: SpeechMemory
    let stream: SpeechStream

    var taskType: TaskType { .voiceTTS }
    var name: String { engine.name }
    var kind: EngineKind { synthesizer.kind }
    var limits: EngineLimits { engine.limits }

    func run() async throws { try await synthesizer.run() }

    func status() async -> EngineStatus {
        let (isThere, detail) = await synthesizer.status()
        return isThere ? available(detail) : missing(detail)
    }

    func perform(_ task: ClaimedTask) async throws -> TaskResult {
        let request = try SpeechRequest(task.envelope.payload)
        if let language = VoiceName.language(of: request.voice), !engine.languages.isEmpty,
            !engine.languages.contains(language)
        {
            throw EngineError.unsuited(
                "\(name) does not speak \(language), only \(engine.languages.joined(separator: ", "))")
        }
        let voice = try synthesizer.voice(for: request.voice)
        let pieces = SpeechPieces.split(request.text)
        var samples: [Int16] = []
        var remembered = 0
        for (index, piece) in pieces.enumerated() {
            let key = SpeechMemory.Key(
                engine: name, model: engine.model, voice: voice, speed: request.speed,
                sampleRate: configuration.sampleRate, text: piece)
            let sound: WaveFile
            if let known = memory.sound(for: key) {
                sound = known
                remembered += 1
            } else {
                let spoken = try await synthesizer.speak(piece, voice: voice, speed: request.speed)
                sound = try Resampler.convert(spoken, to: configuration.sampleRate)
                memory.remember(sound, for: key)
            }
            try Task.checkCancellation()
            samples += sound.samples
            guard samples.count <= configuration.maxAudioSeconds * configuration.sampleRate else {
                throw EngineError.payload("Speech longer than \(configuration.maxAudioSeconds) s")
            }
            if pieces.count > 1 { stream.offer(sound, index: index, count: pieces.count, of: task) }
        }
        var meta: [JSONValue.Member] = [
            .init("model", .string(engine.model.isEmpty ? voice : engine.model)), .init("engine", .string(name)),
            .init("voice", .string(request.voice)), .init("speed", .number(request.speed)),
            .init("from_cache", .bool(remembered == pieces.count)),
        ]
        if stream.isHeard, pieces.count > 1 {
            meta.append(.init(SpeechChunk.countKey, .integer(Int64(pieces.count))))
        }
        return .completed(WaveFile(sampleRate: configuration.sampleRate, samples: samples).result, meta: meta)
    }
}
