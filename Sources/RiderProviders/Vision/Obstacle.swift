import Glibc
import RiderModel

/// Something in the robot's way.
struct Obstacle: Sendable, Hashable {
    enum Size: String, Sendable {
        case small, medium, large
    }

    /// The class of the detection.
    var type: String
    /// Metres; an estimate, see ``ObstacleEstimator``.
    var distance: Double
    /// Degrees from straight ahead, negative to the left, -30…30.
    var angle: Double
    /// 0…1.
    var confidence: Double
    var size: Size
    /// Left, top, right and bottom edge in pixels; nil when it was not seen in a picture.
    var box: [Int64]?

    var json: JSONValue {
        var members: [JSONValue.Member] = [
            .init("type", .string(type)), .init("distance", .number(distance)), .init("angle", .number(angle)),
            .init("confidence", .number(confidence)), .init("size", .string(size.rawValue)),
        ]
        if let box { members.append(.init("bbox", .array(box.map(JSONValue.integer)))) }
        return .object(members)
    }
}

/// Estimates where a detection is, from one picture without depth.
///
/// For a kind of known height a pinhole camera gives
///
///     distance = height × focal length / box height,   focal length = width of the picture / (2 tan(field of view / 2))
///
/// For other kinds the share of the picture that the box covers is all there is: 0.5 m / √share. Both are kept within
/// 0.3…5 m. Something cut off by the edge of the picture looks shorter, hence farther than it is: the box area then sets an
/// upper bound. The angle is linear in the picture, (centre − half width) / width × 60, as robots have always been sent it.
///
/// Both are as good as their assumptions: somebody who sits is taken for farther away, by up to 1.7 / 1.3.
struct ObstacleEstimator: Sendable {
    /// Metres, of an upright, usual one.
    static let knownHeights = [
        "person": 1.7, "face": 0.24, "hand": 0.19, "chair": 0.9, "couch": 0.85, "bed": 0.6, "dining table": 0.75,
        "cat": 0.3,
        "dog": 0.5, "potted plant": 0.5, "suitcase": 0.65, "backpack": 0.45, "bottle": 0.25, "cup": 0.1, "bicycle": 1.0,
        "car": 1.5,
    ]
    static let distances = 0.3...5.0

    /// Across the picture, degrees.
    let fieldOfView: Double
    /// Kinds of detections that count.
    let classes: Set<String>

    /// - Returns: the nearest first.
    func obstacles(in sight: Sight) -> [Obstacle] {
        sight.detections.filter { classes.contains($0.kind) }
            .map { obstacle($0, width: Double(sight.width), height: Double(sight.height)) }
            .sorted { $0.distance < $1.distance }
    }

    private func obstacle(_ detection: Detection, width: Double, height: Double) -> Obstacle {
        let share = min(1, detection.width * detection.height / (width * height))
        let byArea = 0.5 / max(share, 1e-6).squareRoot()
        var distance = byArea
        if let known = Self.knownHeights[detection.kind] {
            let focalLength = width / (2 * tan(fieldOfView / 2 * .pi / 180))
            let isCutOff = detection.top <= 1 || detection.bottom >= height - 1
            distance = known * focalLength / detection.height
            if isCutOff { distance = min(distance, byArea) }
        }
        let angle = min(30, max(-30, (detection.centerX - width / 2) / width * 60))
        return Obstacle(
            type: detection.kind,
            distance: min(Self.distances.upperBound, max(Self.distances.lowerBound, distance)).rounded2,
            angle: (angle * 10).rounded() / 10, confidence: detection.confidence, size: size(share), box: detection.box)
    }

    /// The classic bounds, 50 000 and 10 000 square pixels of a 640x480 picture, as shares of any picture.
    private func size(_ share: Double) -> Obstacle.Size {
        if share > 50_000 / 307_200 { return .large }
        return share > 10_000 / 307_200 ? .medium : .small
    }
}
