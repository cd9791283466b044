import FoundationEssentials
import NIOCore
import RiderModel

/// Looks by a server. The picture's size is measured here: servers are not asked for it, nor believed.
struct ServerEye: Eye {
    let server: EngineServer
    let speech: VisionProtocol

    var kind: EngineKind { .http }
    var reportsItself: Bool { false }
    var model: String { server.engine.model }

    func run() async throws { try await server.run() }

    var ownPresence: Result<String, EyeTrouble>? { nil }

    func presence() async -> Result<String, EyeTrouble> {
        // A model behind KServe's protocol says itself whether it is ready.
        let address = server.engine.url
        let shown = server.engine.shownURL
        let question = address.hasSuffix("/infer") ? address.dropLast("/infer".count) + "/ready" : address[...]
        do {
            let answer = try await server.get(String(question))
            guard answer.status < 500, ![401, 403].contains(answer.status) else {
                return .failure(.init(description: "\(shown) answers HTTP \(answer.status)"))
            }
            return .success("\(model) at \(shown)")
        } catch let failure as EngineServerFailure {
            return .failure(.init(description: failure.text + EngineServerFailure.advice))
        } catch {
            return .failure(.init(description: "not asked"))
        }
    }

    func look(at picture: PictureRequest) async throws -> Sight {
        let text = picture.image.dropFirst().dropLast()
        guard let bytes = Data(base64Encoded: String(decoding: text, as: UTF8.self)) else {
            throw EngineError.payload("Cannot decode image: not base64")
        }
        let size = try PictureSize(Array(bytes))
        let answer: EngineServer.Answer
        do {
            answer = try await server.post(server.engine.url, speech.body(picture))
        } catch let failure as EngineServerFailure {
            throw failure.engineError
        }
        guard let json = answer.json else { throw EngineError.failed("\(server.engine.name)'s answer is not JSON") }
        return try speech.sight(json, of: size, engine: server.engine.name)
    }
}
