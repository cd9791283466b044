import RiderModel

/// The payload of `vision.detection`. `width` and `height` are not read: the picture is measured.
struct DetectionRequest: Sendable {
    /// The picture as quoted base64 text.
    let image: ArraySlice<UInt8>
    let format: String

    init(_ payload: ArraySlice<UInt8>) throws(EngineError) {
        let reader = try PayloadReader(payload, keys: "image_data", "format")
        image = try reader.requiredStringText("image_data")
        format = try reader.string("format") ?? "jpeg"
    }
}
