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
    /// Names the queue: several may share one server.
    public var prefix: String
    /// Connections for commands at most.
    public var poolSize: Int
    public var connectTimeout: Duration
    /// Redis counts as away when a command takes longer.
    public var commandTimeout: Duration
    /// An idle worker makes one blocking call in this time.
    public var blockTime: Duration
    /// Also drain the four lists of Rider-Pc's producers.
    public var legacyLists: Bool

    init(_ reader: ConfigReader) throws {
        host = try reader.requiredString(forKey: "host")
        port = try reader.requiredInt(forKey: "port")
        database = try reader.requiredInt(forKey: "db")
        username = try reader.requiredString(forKey: "username")
        password = try reader.requiredString(forKey: "password")
        socket = try reader.requiredString(forKey: "socket")
        prefix = try reader.requiredString(forKey: "prefix")
        poolSize = try reader.requiredInt(forKey: "pool_size")
        connectTimeout = .milliseconds(try reader.requiredInt(forKey: "connect_timeout_ms"))
        commandTimeout = .milliseconds(try reader.requiredInt(forKey: "command_timeout_ms"))
        blockTime = .milliseconds(try reader.requiredInt(forKey: "block_ms"))
        legacyLists = try reader.requiredBool(forKey: "legacy_lists")
    }
}
