import RiderModel

/// How servers that look at pictures are spoken to.
enum VisionProtocol: String, Sendable, Hashable, CaseIterable {
    /// Simple JSON, which any web framework can speak:
    ///
    ///     -> {"image": "<base64 JPEG or PNG>", "confidence": 0.5, "classes": ["person", "face"]}
    ///     <- {"detections": [{"class": "person", "confidence": 0.83, "bbox": [x1, y1, x2, y2]}]}
    ///
    /// Edges are pixels of the picture. `width` and `height` may be there and must then be the picture's.
    case json
    /// KServe's open inference protocol, version 2 (`POST …/v2/models/NAME/infer`), as Triton, KServe and MLServer speak it, for a
    /// model that takes whole pictures:
    ///
    ///     -> inputs: image, BYTES [1], base64 of the picture
    ///     <- outputs: boxes, FP32 [N, 4] (left, top, right, bottom in pixels of the picture); scores, FP32 [N];
    ///        labels, BYTES [N] (names of classes)
    ///
    /// Each output may have a leading dimension of 1.
    case kserve

    func body(_ picture: PictureRequest) -> [UInt8] {
        var writer = JSONWriter(capacity: picture.image.count + 512)
        switch self {
        case .json: writer.object { picture.write(to: &$0) }
        case .kserve:
            writer.object { writer in
                writer.key("inputs")
                writer.array { writer in
                    writer.object { writer in
                        writer.key("name")
                        writer.string("image")
                        writer.key("shape")
                        writer.array { $0.integer(1) }
                        writer.key("datatype")
                        writer.string("BYTES")
                        writer.key("parameters")
                        writer.object { writer in
                            writer.key("content_type")
                            writer.string("base64")
                        }
                        writer.key("data")
                        writer.array { $0.raw(picture.image) }
                    }
                }
                writer.key("outputs")
                writer.array { writer in
                    for name in ["boxes", "scores", "labels"] {
                        writer.object { writer in
                            writer.key("name")
                            writer.string(name)
                        }
                    }
                }
            }
        }
        return writer.bytes
    }

    /// - Parameter size: the picture's own.
    /// - Throws: `EngineError.failed` for an answer that cannot be read as a whole: what is left out of it would be taken for
    ///   a clear way.
    func sight(_ answer: JSONValue, of size: PictureSize, engine: String) throws(EngineError) -> Sight {
        let detections: [Detection]?
        switch self {
        case .json:
            for (key, measured) in [("width", size.width), ("height", size.height)] {
                if let said = answer[key], said.int != measured {
                    throw .failed("\(engine) looked at a picture of another size")
                }
            }
            detections = answer["detections"]?.array.flatMap(Self.readDetections)
        case .kserve: detections = Self.detections(outputs: answer["outputs"]?.array ?? [])
        }
        guard let detections else { throw .failed("\(engine)'s answer is not what \(rawValue) promises") }
        return Sight(
            width: size.width, height: size.height,
            detections: detections.compactMap { $0.clipped(to: size) }.sorted { $0.confidence > $1.confidence })
    }

    private static func readDetections(_ list: [JSONValue]) -> [Detection]? {
        let read = list.compactMap(Detection.init)
        return read.count == list.count ? read : nil
    }

    private static func detections(outputs: [JSONValue]) -> [Detection]? {
        func data(_ name: String) -> [JSONValue]? {
            outputs.first { $0["name"] == .string(name) }?["data"]?.array.map(flat)
        }
        guard let edges = data("boxes")?.map(\.double), let scores = data("scores")?.map(\.double),
            let labels = data("labels")?.map(\.string), scores.count == labels.count, edges.count == 4 * scores.count
        else { return nil }
        return readDetections(
            scores.indices.map { index in
                [
                    "class": labels[index].map(JSONValue.string) ?? .null,
                    "confidence": scores[index].map(JSONValue.number) ?? .null,
                    "bbox": .array(edges[(4 * index)..<(4 * index + 4)].map { $0.map(JSONValue.number) ?? .null }),
                ]
            })
    }

    /// Servers may send tensors as lists of lists.
    private static func flat(_ values: [JSONValue]) -> [JSONValue] {
        values.flatMap { $0.array.map(flat) ?? [$0] }
    }
}

extension Detection {
    /// The part of it that lies in the picture; nil when none does.
    fileprivate func clipped(to size: PictureSize) -> Detection? {
        var part = self
        part.left = max(0, left)
        part.top = max(0, top)
        part.right = min(Double(size.width), right)
        part.bottom = min(Double(size.height), bottom)
        return part.width > 0 && part.height > 0 ? part : nil
    }
}
