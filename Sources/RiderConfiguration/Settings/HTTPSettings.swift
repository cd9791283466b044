import Configuration

/// `[http]`: the HTTP server.
public struct HTTPSettings: Sendable {
    public var host: String
    /// 0: any free port.
    public var port: Int
    /// Secret. Empty: none.
    public var token: String
    /// A larger request body is refused.
    public var maxBodyBytes: Int
    /// How the robot reaches this server; empty: it is not told.
    public var publicBaseURL: String

    init(_ reader: ConfigReader) throws {
        host = try reader.requiredString(forKey: "host")
        port = try reader.requiredInt(forKey: "port")
        token = try reader.requiredString(forKey: "token")
        maxBodyBytes = try reader.requiredInt(forKey: "max_body_bytes")
        publicBaseURL = try reader.requiredString(forKey: "public_base_url")
    }
}
