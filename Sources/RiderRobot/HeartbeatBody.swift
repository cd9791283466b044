import RiderModel

/// The body of `POST /api/providers/pc-heartbeat`.
struct HeartbeatBody: Sendable {
    /// Becomes the address that the robot's watchdog polls.
    var baseURL: String
    /// The answer of `GET /providers/capabilities`: one JSON object.
    var capabilities: [UInt8]
    /// Seconds, of this machine's clock.
    var timestamp: Double
    /// The round trip of the heartbeat before this one.
    var latencyMilliseconds: Double?

    var encoded: [UInt8] {
        var writer = JSONWriter(capacity: capabilities.count + 256)
        writer.object { writer in
            writer.key("base_url")
            writer.string(baseURL)
            writer.key("capabilities")
            writer.raw(capabilities)
            writer.key("timestamp")
            writer.number(timestamp)
            writer.key("status")
            writer.string("online")
            writer.key("reason")
            writer.string("heartbeat")
            if let latencyMilliseconds {
                writer.key("latency_ms")
                writer.number(latencyMilliseconds)
            }
        }
        return writer.bytes
    }
}
