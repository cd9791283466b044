import RiderModel

/// `vision.frame` and `vision.detection`: an ``Eye`` says what it sees, and what that means is judged here.
struct VisionEngine: Engine {
    let taskType: TaskType
    let name: String
    let limits: EngineLimits
    let configuration: VisionProviderConfiguration
    let eye: any Eye
    /// One of the engines that share the eye keeps it alive.
    let ownsEye: Bool
    let time: TimeSource

    var kind: EngineKind { eye.kind }
    var reportsItself: Bool { eye.reportsItself }

    func run() async throws {
        if ownsEye { try await eye.run() }
    }

    func status() async -> EngineStatus { status(await eye.presence()) }

    var ownStatus: EngineStatus? { eye.ownPresence.map(status) }

    private func status(_ presence: Result<String, EyeTrouble>) -> EngineStatus {
        switch presence {
        case .success(let detail): available(detail)
        case .failure(let trouble): missing(trouble.description)
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
        let sight = try await look(at: request.image, for: classes, notAfter: notAfter)
        let estimator = ObstacleEstimator(
            fieldOfView: configuration.fieldOfViewDegrees, classes: Set(configuration.obstacleClasses))
        let report = FrameReport(
            request: request, sight: sight, obstacles: estimator.obstacles(in: sight),
            avoidDistance: configuration.avoidDistance, tracking: Tracking(sight, mode: request.trackingMode))
        return .completed(report.json, meta: meta(.init("processing_type", "frame_offload")))
    }

    private func detection(_ request: DetectionRequest) async throws -> TaskResult {
        let sight = try await look(at: request.image, for: [], notAfter: nil)
        return .completed(
            [
                "detections": .array(sight.detections.map(\.json)), "image_width": .integer(Int64(sight.width)),
                "image_height": .integer(Int64(sight.height)),
                "num_detections": .integer(Int64(sight.detections.count)),
            ], meta: meta(.init("format", .string(request.format))))
    }

    private func look(
        at image: ArraySlice<UInt8>, for classes: Set<String>, notAfter: UInt64?
    ) async throws -> Sight {
        // Other engines may have been tried in vain before this one.
        if let notAfter, notAfter < time.monotonicNanoseconds() { throw PictureRequest.late }
        return try await eye.look(
            at: PictureRequest(
                image: image, classes: classes, confidence: configuration.confidenceThreshold, notAfter: notAfter)
        ).keeping(confidence: configuration.confidenceThreshold, count: configuration.maxDetections)
    }

    private func meta(_ fact: JSONValue.Member) -> [JSONValue.Member] {
        [
            .init("model", .string(eye.model)), .init("engine", .string(name)), fact,
            .init("confidence_threshold", .number(configuration.confidenceThreshold)),
        ]
    }
}
