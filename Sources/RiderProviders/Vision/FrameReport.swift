import RiderModel

/// Where something that the robot follows is, for its head or its wheels.
struct Tracking: Sendable, Hashable {
    /// -1…1, positive to the right of the centre.
    var offset: Double
    /// What the robot wants to follow.
    var mode: TrackingState.Mode
    /// The class of the detection that is followed for it.
    var target: String
    var confidence: Double
    var centerX: Double
    var centerY: Double
    var radius: Double

    /// What may be followed for a mode, the best first. Few models know hands, and who waves at a robot stands before it: so
    /// where no hand is seen, the person is followed.
    static func targets(for mode: TrackingState.Mode) -> [String] {
        switch mode {
        case .face: ["face"]
        case .hand: ["hand", "person"]
        case .none: []
        }
    }

    /// The largest one, which is the nearest. nil when nothing is seen that could be followed.
    init?(_ sight: Sight, mode: TrackingState.Mode) {
        let nearest = Self.targets(for: mode).lazy.compactMap { target in
            sight.detections.filter { $0.kind == target }.max { $0.height < $1.height }
        }.first
        guard let nearest else { return nil }
        let half = Double(sight.width) / 2
        offset = (min(1, max(-1, (nearest.centerX - half) / half)) * 1000).rounded() / 1000
        self.mode = mode
        target = nearest.kind
        confidence = nearest.confidence
        centerX = nearest.centerX
        centerY = nearest.centerY
        radius = max(nearest.width, nearest.height) / 2
    }
}

/// The result of `vision.frame`.
struct FrameReport: Sendable {
    let request: FrameRequest
    /// Of the picture, measured; nil when nobody looked at it.
    let sight: Sight?
    /// The nearest first.
    let obstacles: [Obstacle]
    /// Metres; a nearer obstacle is to be avoided.
    let avoidDistance: Double
    let tracking: Tracking?

    var shouldAvoid: Bool { obstacles.contains { $0.distance <= avoidDistance } }

    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("frame_id", request.frameID.map(JSONValue.string) ?? .null),
            .init("timestamp", request.timestamp.map(JSONValue.number) ?? .null),
            .init("obstacles", .array(obstacles.map(\.json))), .init("should_avoid", .bool(shouldAvoid)),
            .init("suggested_action", .string(shouldAvoid ? "slow_down" : "continue")),
        ]
        if let sight {
            members.append(.init("image_width", .integer(Int64(sight.width))))
            members.append(.init("image_height", .integer(Int64(sight.height))))
        }
        if let tracking {
            members.append(
                .init(
                    "tracking",
                    [
                        "offset": .number(tracking.offset), "mode": .string(tracking.mode.rawValue),
                        "target": .string(tracking.target), "confidence": .number(tracking.confidence),
                        "center": [.number(tracking.centerX), .number(tracking.centerY)],
                        "radius": .number(tracking.radius),
                        "ts": request.timestamp.map(JSONValue.number) ?? .null, "source": "pc",
                    ]))
        }
        return .object(members)
    }
}
