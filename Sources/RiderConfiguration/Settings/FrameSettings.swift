import Configuration

/// `[vision.frame]`: tasks made from robot frames.
public struct FrameSettings: Sendable {
    /// 1…10.
    public var priority: Int
    /// Waiting frames at most.
    public var frameBufferSize: Int
    /// A frame not started by then is not worth it.
    public var deadline: Duration

    init(_ reader: ConfigReader) throws {
        priority = try reader.requiredInt(forKey: "priority")
        frameBufferSize = try reader.requiredInt(forKey: "frame_buffer_size")
        deadline = .milliseconds(try reader.requiredInt(forKey: "deadline_ms"))
    }
}
