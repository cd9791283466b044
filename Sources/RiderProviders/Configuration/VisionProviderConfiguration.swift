/// Settings of the vision provider: `config/vision_provider.toml`, section `vision`.
public struct VisionProviderConfiguration: Sendable, Hashable {
    /// `vision.enabled`, default true.
    public var enabled = true
    /// `vision.max_concurrent_tasks`, default 1.
    public var maxConcurrentTasks = 1
    /// `vision.timeout_seconds`, default 10 s.
    public var timeout = Duration.seconds(10)
    /// Those that `vision.engines` names, default OpenCV.
    public var engines = [EngineConfiguration.openCV]
    /// `vision.confidence_threshold`, default 0.5: weaker detections are dropped.
    public var confidenceThreshold = 0.5
    /// `vision.max_detections`, default 10.
    public var maxDetections = 10
    /// `vision.obstacle_classes`: what counts as an obstacle, default person and face.
    public var obstacleClasses = ["person", "face"]
    /// `vision.field_of_view_degrees` of the robot's camera across the frame, default 60.
    public var fieldOfViewDegrees = 60.0
    /// `vision.avoid_distance_m`, default 2 m: a nearer obstacle is to be avoided.
    public var avoidDistance = 2.0

    public init() {}
}
