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
    /// Tasks in one request at most.
    public var maxTasksPerRequest: Int
    /// Open connections at most.
    public var maxConnections: Int
    /// A request must be here, and its answer taken, within this time.
    public var requestTimeout: Duration
    /// `POST /providers/text/generate` is answered within this time.
    public var generateTimeout: Duration
    /// Other names by which a server on loopback may be called.
    public var allowedHosts: [String]
    /// How the robot reaches this server; empty: it is not told.
    public var publicBaseURL: String

    init(_ reader: ConfigReader) throws {
        host = try reader.requiredString(forKey: "host")
        port = try reader.requiredInt(forKey: "port")
        token = try reader.requiredString(forKey: "token")
        maxBodyBytes = try reader.requiredInt(forKey: "max_body_bytes")
        maxTasksPerRequest = try reader.requiredInt(forKey: "max_tasks_per_request")
        maxConnections = try reader.requiredInt(forKey: "max_connections")
        requestTimeout = .seconds(try reader.requiredInt(forKey: "request_timeout_seconds"))
        generateTimeout = .milliseconds(try reader.requiredInt(forKey: "generate_timeout_ms"))
        allowedHosts = try reader.requiredStringArray(forKey: "allowed_hosts")
        publicBaseURL = try reader.requiredString(forKey: "public_base_url")
    }
}
