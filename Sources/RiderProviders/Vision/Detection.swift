import RiderModel

/// Something seen in a picture.
struct Detection: Sendable, Hashable {
    var kind: String
    /// 0…1.
    var confidence: Double
    /// Left, top, right and bottom edge in pixels.
    var left: Double
    var top: Double
    var right: Double
    var bottom: Double

    var width: Double { right - left }
    var height: Double { bottom - top }
    var centerX: Double { (left + right) / 2 }
    var centerY: Double { (top + bottom) / 2 }

    /// The edges as the contract has them: whole pixels.
    var box: [Int64] { [left, top, right, bottom].map { Int64($0.rounded()) } }

    init(kind: String, confidence: Double, left: Double, top: Double, right: Double, bottom: Double) {
        self.kind = kind
        self.confidence = confidence
        self.left = left
        self.top = top
        self.right = right
        self.bottom = bottom
    }

    /// - Returns: nil for anything but a box with an area and a confidence in range.
    init?(_ json: JSONValue) {
        guard let kind = json["class"]?.string, let confidence = json["confidence"]?.double, 0...1 ~= confidence,
            let box = json["bbox"]?.array, box.count == 4
        else { return nil }
        let edges = box.compactMap(\.double)
        guard edges.count == 4, edges[2] > edges[0], edges[3] > edges[1] else { return nil }
        self.init(
            kind: kind, confidence: confidence, left: edges[0], top: edges[1], right: edges[2], bottom: edges[3])
    }

    var json: JSONValue {
        [
            "class": .string(kind), "confidence": .number(confidence),
            "bbox": .array(box.map(JSONValue.integer)),
            "center": .array([centerX, centerY].map { .integer(Int64($0.rounded())) }),
        ]
    }
}

/// What an engine saw in one picture.
struct Sight: Sendable, Hashable {
    var width: Int
    var height: Int
    /// The most certain first.
    var detections: [Detection]

    init(width: Int, height: Int, detections: [Detection]) {
        self.width = width
        self.height = height
        self.detections = detections
    }

    /// Reads an engine's answer.
    ///
    /// - Throws: `EngineError.payload` when the picture is no good, `EngineError.failed` for everything else.
    init(answer: JSONValue) throws(EngineError) {
        if let fault = answer["fault"]?.string {
            let reason = answer["error"]?.string?.prefix(300) ?? "no reason given"
            if fault == "image" { throw .payload("Cannot decode image: \(reason)") }
            throw .failed("The vision engine failed: \(reason)")
        }
        guard let width = answer["width"]?.int, let height = answer["height"]?.int, width > 0, height > 0,
            let list = answer["detections"]?.array
        else { throw .failed("The vision engine answered without a size or detections") }
        let detections = list.compactMap(Detection.init)
        // A box that cannot be read must not become "nothing there".
        guard detections.count == list.count else { throw .failed("The vision engine answered with a broken box") }
        self.init(width: width, height: height, detections: detections)
    }

    /// Drops what is too uncertain or too much.
    func keeping(confidence threshold: Double, count: Int) -> Sight {
        let certain = detections.filter { $0.confidence >= threshold }.sorted { $0.confidence > $1.confidence }
        return Sight(width: width, height: height, detections: Array(certain.prefix(max(0, count))))
    }
}
