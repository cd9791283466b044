import RiderModel

/// A server that speaks OpenAI's `/v1/audio/speech`.
struct SpeechServer: Synthesizer {
    let server: EngineServer

    private var engine: EngineConfiguration { server.engine }

    var kind: EngineKind { .http }

    func status() async -> (isThere: Bool, detail: String) {
        if let problem = await server.presence(listing: "/audio/speech") { return (false, problem) }
        return (true, "\(engine.model), voice \(engine.voice) at \(engine.shownURL)")
    }

    /// A language, or a voice of Piper such as robots ask for, means the configured voice; what else is a name is passed on.
    func voice(for asked: String) throws(EngineError) -> String {
        guard asked.utf8.count <= 80, asked.unicodeScalars.allSatisfy({ $0.value > 0x20 }) else {
            throw .payload("voice is not a name")
        }
        let isOther = asked == "default" || asked.hasPrefix("piper-") || VoiceName.language(of: asked) != nil
        return isOther ? engine.voice : asked
    }

    func speak(_ text: String, voice: String, speed: Double) async throws -> WaveFile {
        let body: JSONValue = [
            "model": .string(engine.model), "input": .string(text), "voice": .string(voice), "response_format": "wav",
            // What OpenAI's interface allows.
            "speed": .number(min(4, max(0.25, speed))),
        ]
        let answer: EngineServer.Answer
        do {
            answer = try await server.post(engine.url, body.encoded)
        } catch let failure as EngineServerFailure {
            throw failure.engineError
        }
        let sound = SpokenSound.answer(answer.bytes, contentType: answer.contentType, headers: answer.headers)
        guard let sound else {
            throw EngineError.failed("\(engine.name)'s answer is no whole WAV (\(answer.contentType.prefix(60)))")
        }
        return sound
    }

    func run() async throws { try await server.run() }
}
