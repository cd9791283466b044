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

    var json: JSONValue {
        [
            "type": .string(type), "distance": .number(distance), "angle": .number(angle),
            "confidence": .number(confidence), "size": .string(size.rawValue),
        ]
    }
}

/// Estimates where a detection is, from one picture without depth.
///
/// For a kind of known height (a standing person 1.7 m, a face 0.24 m) a pinhole camera gives
///
///     distance = height × focal length / box height,   focal length = width of the picture / (2 tan(field of view / 2))
///
/// For other kinds the share of the picture that the box covers is all there is: 0.5 m / √share. Both are kept within
/// 0.3…5 m. A person cut off by the edge of the picture looks shorter, hence farther than it is: the box area then sets an
/// upper bound. The angle is linear in the picture, (centre − half width) / width × 60, as robots have always been sent it.
struct ObstacleEstimator: Sendable {
    /// Metres.
    static let knownHeights = ["person": 1.7, "face": 0.24]
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
            angle: (angle * 10).rounded() / 10, confidence: detection.confidence, size: size(share))
    }

    /// The classic bounds, 50 000 and 10 000 square pixels of a 640x480 picture, as shares of any picture.
    private func size(_ share: Double) -> Obstacle.Size {
        if share > 50_000 / 307_200 { return .large }
        return share > 10_000 / 307_200 ? .medium : .small
    }
}
