/// `vision.obstacle.enhanced`: what was seen in one frame, in all ten fields, so that every reader finds its own.
///
/// An empty list means "clear", and an exploring robot drives on after it. So there is a message only for a frame that was
/// really looked at: see ``init(task:result:now:)``.
public struct ObstacleMessage: Sendable, Hashable {
    /// One thing in the way.
    public struct Obstacle: Sendable, Hashable {
        public var type: String
        /// Metres; nil when it could not be told.
        public var distance: Double?
        /// Degrees, negative to the left; nil when it could not be told.
        public var angle: Double?
        /// 0…1.
        public var confidence: Double
        /// `small`, `medium` or `large`; nil when it could not be told.
        public var size: String?
        /// Left, top, right and bottom edge in pixels of the frame; nil when it could not be told.
        public var box: [Int]?

        public init(
            type: String, distance: Double?, angle: Double?, confidence: Double, size: String?, box: [Int]? = nil
        ) {
            self.type = type
            self.distance = distance
            self.angle = angle
            self.confidence = confidence
            self.size = size
            self.box = box
        }
    }

    public var frameID: String
    public var obstacles: [Obstacle]
    /// The frame's own time, from the robot's clock, in seconds; nil when the robot sent none that is a number.
    public var frameTimestamp: Double?
    /// Seconds: the frame's time, or this machine's when the frame has none.
    public var ts: Double
    public var meta: [JSONValue.Member]

    public init(
        frameID: String, obstacles: [Obstacle], frameTimestamp: Double?, ts: Double, meta: [JSONValue.Member]
    ) {
        self.frameID = frameID
        self.obstacles = obstacles
        self.frameTimestamp = frameTimestamp
        self.ts = ts
        self.meta = meta
    }

    /// The one that counts: the nearest; among those of unknown distance the surest.
    public var nearest: Obstacle? {
        obstacles.min { left, right in
            switch (left.distance, right.distance) {
            case (let left?, let right?): left < right
            case (.some, nil): true
            case (nil, .some): false
            case (nil, nil): left.confidence > right.confidence
            }
        }
    }

    public var encoded: [UInt8] {
        let nearest = nearest
        var writer = JSONWriter(capacity: 512)
        writer.object { writer in
            writer.key("present")
            writer.bool(nearest != nil)
            writer.key("confidence")
            writer.number(nearest?.confidence ?? 0)
            writer.key("distance")
            writer.number(ifKnown: nearest?.distance)
            writer.key("angle")
            writer.number(ifKnown: nearest?.angle)
            writer.key("ts")
            writer.number(ts)
            writer.key("frame_id")
            writer.string(frameID)
            writer.key("obstacles")
            writer.array { writer in
                for obstacle in obstacles { obstacle.write(to: &writer) }
            }
            writer.key("timestamp")
            writer.number(ifKnown: frameTimestamp)
            writer.key("processing_source")
            writer.string("pc")
            writer.key("meta")
            writer.value(.object(meta))
        }
        return writer.bytes
    }
}

extension ObstacleMessage {
    /// Reads what a provider saw.
    ///
    /// - Returns: nil for another kind of task; for a frame that failed, was superseded or is past its deadline; and for a
    ///   result without a list of obstacles in which every entry can be read: silence is safe, a guess is not.
    public init?(task: ClaimedTask, result: TaskResult, now: UnixTime) {
        guard task.envelope.type == .visionFrame, let output = FreshOutput(task: task, result: result, now: now)
        else { return nil }
        self.init(output: output)
    }

    init?(output: FreshOutput) {
        guard let entries = output.value["obstacles"]?.array else { return nil }
        var obstacles: [Obstacle] = []
        for entry in entries {
            guard let obstacle = Obstacle(entry) else { return nil }
            obstacles.append(obstacle)
        }
        self.init(
            frameID: output.frameID, obstacles: obstacles, frameTimestamp: output.frameTimestamp,
            ts: output.frameTimestamp ?? output.now.seconds, meta: output.meta(["frame_id", "rid"]))
    }
}

extension ObstacleMessage.Obstacle {
    /// nil when a field has a wrong type or is out of its range.
    fileprivate init?(_ value: JSONValue) {
        guard value.members != nil, let confidence = value["confidence"]?.double, (0...1).contains(confidence),
            let distance = Self.number(value["distance"], in: 0...1000),
            let angle = Self.number(value["angle"], in: -180...180)
        else { return nil }
        self.init(
            type: value["type"]?.string ?? "obstacle", distance: distance, angle: angle, confidence: confidence,
            size: value["size"]?.string, box: Self.box(value["bbox"]))
    }

    /// Nobody on the robot reads it: a box that cannot be read is left out.
    private static func box(_ value: JSONValue?) -> [Int]? {
        guard let edges = value?.array?.compactMap(\.int), edges.count == 4, value?.array?.count == 4 else {
            return nil
        }
        return edges
    }

    /// - Returns: nil for a value that is wrong, and a nil inside for one that is not there.
    private static func number(_ value: JSONValue?, in range: ClosedRange<Double>) -> Double?? {
        guard let value, !value.isNull else { return .some(nil) }
        guard let number = value.double, range.contains(number) else { return nil }
        return number
    }

    fileprivate func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("type")
            writer.string(type)
            writer.key("distance")
            writer.number(ifKnown: distance)
            writer.key("angle")
            writer.number(ifKnown: angle)
            writer.key("confidence")
            writer.number(confidence)
            if let size {
                writer.key("size")
                writer.string(size)
            }
            if let box {
                writer.key("bbox")
                writer.array { writer in
                    for edge in box { writer.integer(edge) }
                }
            }
        }
    }
}
