import Configuration

/// `[vision]`: the vision provider.
public struct VisionSettings: Sendable {
    public var isEnabled: Bool
    public var maxConcurrentTasks: Int
    public var timeout: Duration
    public var engines: EngineListSettings
    /// Detections below it are dropped.
    public var confidenceThreshold: Double
    /// Detections kept at most.
    public var maxDetections: Int
    /// Kinds of detections that count as obstacles.
    public var obstacleClasses: [String]
    /// Of the robot's camera, from the left to the right edge.
    public var fieldOfViewDegrees: Double
    /// Metres: a nearer obstacle is to be avoided.
    public var avoidDistance: Double
    /// Frames from the robot.
    public var frame: FrameSettings

    init(_ reader: ConfigReader, schema: Schema) throws {
        isEnabled = try reader.requiredBool(forKey: "enabled")
        maxConcurrentTasks = try reader.requiredInt(forKey: "max_concurrent_tasks")
        timeout = .seconds(try reader.requiredInt(forKey: "timeout_seconds"))
        engines = try EngineListSettings(reader, section: "vision", schema: schema)
        confidenceThreshold = try reader.requiredDouble(forKey: "confidence_threshold")
        maxDetections = try reader.requiredInt(forKey: "max_detections")
        obstacleClasses = try reader.requiredStringArray(forKey: "obstacle_classes")
        fieldOfViewDegrees = try reader.requiredDouble(forKey: "field_of_view_degrees")
        avoidDistance = try reader.requiredDouble(forKey: "avoid_distance_m")
        frame = try FrameSettings(reader.scoped(to: "frame"))
    }
}
