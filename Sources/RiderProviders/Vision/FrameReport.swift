import RiderModel

/// Where a tracked face is, for the robot's head.
struct Tracking: Sendable, Hashable {
    /// -1…1, positive to the right of the centre.
    var offset: Double
    var mode: String
    var confidence: Double
    var centerX: Double
    var centerY: Double
    var radius: Double

    /// The largest face, which is the nearest one. nil when none is seen or the mode asks for what no engine finds.
    init?(_ sight: Sight, mode: String?) {
        guard mode == "face",
            let face = sight.detections.filter({ $0.kind == "face" }).max(by: { $0.height < $1.height })
        else { return nil }
        let half = Double(sight.width) / 2
        offset = (min(1, max(-1, (face.centerX - half) / half)) * 1000).rounded() / 1000
        self.mode = "face"
        confidence = face.confidence
        centerX = face.centerX
        centerY = face.centerY
        radius = max(face.width, face.height) / 2
    }
}

/// The result of `vision.frame`.
struct FrameReport: Sendable {
    let request: FrameRequest
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
        if let tracking {
            members.append(
                .init(
                    "tracking",
                    [
                        "offset": .number(tracking.offset), "mode": .string(tracking.mode),
                        "confidence": .number(tracking.confidence),
                        "center": [.number(tracking.centerX), .number(tracking.centerY)],
                        "radius": .number(tracking.radius),
                        "ts": request.timestamp.map(JSONValue.number) ?? .null, "source": "pc",
                    ]))
        }
        return .object(members)
    }
}
