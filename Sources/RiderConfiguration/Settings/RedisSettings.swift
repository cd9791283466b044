import Configuration

/// `[redis]`: the server behind the queue when `queue.backend` is `redis`.
public struct RedisSettings: Sendable {
    public var host: String
    public var port: Int
    public var database: Int
    public var username: String
    /// Secret.
    public var password: String
    /// A unix socket in the place of host and port; empty: none.
    public var socket: String

    init(_ reader: ConfigReader) throws {
        host = try reader.requiredString(forKey: "host")
        port = try reader.requiredInt(forKey: "port")
        database = try reader.requiredInt(forKey: "db")
        username = try reader.requiredString(forKey: "username")
        password = try reader.requiredString(forKey: "password")
        socket = try reader.requiredString(forKey: "socket")
    }
}
