import RiderModel

/// `vision.frame` and `vision.detection` by a coprocess that finds things in pictures. What it finds is judged here.
struct VisionEngine: Engine {
    let taskType: TaskType
    let name: String
    let limits: EngineLimits
    let program: String
    let configuration: VisionProviderConfiguration
    let pool: CoprocessPool
    /// One of the engines that share the pool keeps it alive.
    let ownsPool: Bool
    let time: TimeSource

    var kind: EngineKind { .coprocess }
    var reportsItself: Bool { true }

    func run() async throws {
        if ownsPool { try await pool.run() }
    }

    func status() async -> EngineStatus {
        switch pool.readiness {
        case .ready(let message): available(message["version"]?.string ?? "ready")
        case .unknown: missing("\(program) is starting")
        case .down(let reason):
            missing("\(program) \(reason) (apt install python3-opencv opencv-data)")
        }
    }

    func perform(_ task: ClaimedTask) async throws -> TaskResult {
        switch taskType {
        case .visionFrame: try await frame(FrameRequest(task.envelope), notAfter: task.lateAfter(by: time))
        case .visionDetection: try await detection(DetectionRequest(task.envelope.payload))
        default: throw EngineError.payload("Unsupported task type: \(taskType.rawValue)")
        }
    }

    private func frame(_ request: FrameRequest, notAfter: UInt64?) async throws -> TaskResult {
        let classes = Set(configuration.obstacleClasses + Tracking.targets(for: request.trackingMode))
        let (sight, model) = try await look(at: request.image, for: classes, notAfter: notAfter)
        let estimator = ObstacleEstimator(
            fieldOfView: configuration.fieldOfViewDegrees, classes: Set(configuration.obstacleClasses))
        let report = FrameReport(
            request: request, sight: sight, obstacles: estimator.obstacles(in: sight),
            avoidDistance: configuration.avoidDistance,
            tracking: Tracking(sight, mode: request.trackingMode))
        return .completed(
            report.json,
            meta: [
                .init("model", model), .init("engine", .string(name)), .init("processing_type", "frame_offload"),
                .init("confidence_threshold", .number(configuration.confidenceThreshold)),
            ])
    }

    private func detection(_ request: DetectionRequest) async throws -> TaskResult {
        let (sight, model) = try await look(at: request.image, for: [], notAfter: nil)
        return .completed(
            [
                "detections": .array(sight.detections.map(\.json)), "image_width": .integer(Int64(sight.width)),
                "image_height": .integer(Int64(sight.height)),
                "num_detections": .integer(Int64(sight.detections.count)),
            ],
            meta: [
                .init("model", model), .init("engine", .string(name)),
                .init("confidence_threshold", .number(configuration.confidenceThreshold)),
                .init("format", .string(request.format)),
            ])
    }

    /// - Parameters:
    ///   - classes: what to look for; empty means all that the engine knows.
    ///   - notAfter: the picture is not shown after this time, in monotonic nanoseconds.
    private func look(
        at image: ArraySlice<UInt8>, for classes: Set<String>, notAfter: UInt64?
    ) async throws -> (Sight, JSONValue) {
        let answer: JSONValue
        do {
            answer = try await pool.request(notAfter: notAfter) { writer in
                writer.key("image")
                writer.raw(image)
                writer.key("confidence")
                writer.number(configuration.confidenceThreshold)
                if !classes.isEmpty {
                    writer.key("classes")
                    writer.array { writer in
                        for name in classes.sorted() { writer.string(name) }
                    }
                }
            }
        } catch is Coprocess.Late {
            // Nobody's fault, and no other engine would be in time.
            throw EngineError.payload("Expired before it was shown to an engine")
        } catch let failure as Coprocess.Failure {
            throw EngineError.failed("The vision engine \(failure)")
        }
        let sight = try Sight(answer: answer)
            .keeping(confidence: configuration.confidenceThreshold, count: configuration.maxDetections)
        var model: JSONValue = "hog+haar"
        if case .ready(let message) = pool.readiness, let name = message["model"] { model = name }
        return (sight, model)
    }
}
