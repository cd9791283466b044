import RiderModel

/// Looks by processes such as `tools/engines/vision_opencv.py`, which says what is said to it.
struct CoprocessEye: Eye {
    let program: String
    let pool: CoprocessPool

    var kind: EngineKind { .coprocess }
    var reportsItself: Bool { true }

    var model: String {
        if case .ready(let message) = pool.readiness, let name = message["model"]?.string { name } else { "unknown" }
    }

    func run() async throws { try await pool.run() }

    func presence() async -> Result<String, EyeTrouble> { current }

    var ownPresence: Result<String, EyeTrouble>? { current }

    private var current: Result<String, EyeTrouble> {
        switch pool.readiness {
        case .ready(let message):
            .success([message["version"]?.string ?? "ready", model].joined(separator: ", "))
        case .unknown: .failure(.init(description: "\(program) is starting"))
        case .down(let reason):
            .failure(.init(description: "\(program) \(reason) (apt install python3-opencv opencv-data)"))
        }
    }

    func look(at picture: PictureRequest) async throws -> Sight {
        do {
            return try Sight(answer: try await pool.request(notAfter: picture.notAfter) { picture.write(to: &$0) })
        } catch is Coprocess.Late {
            throw PictureRequest.late
        } catch let failure as Coprocess.Failure {
            throw EngineError.failed("The vision engine \(failure)")
        }
    }
}
