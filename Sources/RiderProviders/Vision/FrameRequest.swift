import RiderModel

/// The payload of `vision.frame`, and the tracking that its meta may ask for.
struct FrameRequest: Sendable {
    /// The picture as quoted base64 text.
    let image: ArraySlice<UInt8>
    /// A numeric id becomes text.
    let frameID: String?
    /// Unix seconds; anything but a number is dropped.
    let timestamp: Double?
    /// What a tracking offset is asked for of.
    let trackingMode: TrackingState.Mode

    init(_ envelope: TaskEnvelope) throws(EngineError) {
        let reader = try PayloadReader(envelope.payload, keys: "frame_data", "frame_id", "timestamp")
        image = try reader.requiredStringText("frame_data")
        frameID =
            switch reader.value("frame_id") {
            case .string(let text): text
            case .integer(let number): String(number)
            case .number(let number): number.formatted(decimals: 6)
            default: nil
            }
        timestamp = reader.value("timestamp")?.double

        let meta = try? envelope.meta.map { try PayloadReader($0, keys: "tracking_state") }
        let state = TrackingState(meta?.value("tracking_state"))
        trackingMode = state.map { $0.isEnabled ? $0.mode : .none } ?? .none
    }
}
