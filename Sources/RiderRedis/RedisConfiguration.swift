/// Where the Redis of a shared queue is and how it is spoken to.
public struct RedisConfiguration: Sendable {
    /// Default `localhost`. Not used with ``socket``.
    public var host = "localhost"
    /// Default 6379.
    public var port = 6379
    /// A path: this unix socket is used instead of host and port. Default "": none.
    public var socket = ""
    /// The number of the database. Default 0.
    public var database = 0
    /// Default "": the server's default user.
    public var username = ""
    /// Default "": no authentication. Never printed.
    public var password = ""
    /// Names the queue: several may share one server. All keys are `{prefix}:…`. Default `rider`.
    public var prefix = "rider"
    /// Connections for commands at most; each waiting worker has one more, or two when ``legacyLists`` is on. Default 10.
    public var poolSize = 10
    /// How long connecting may take. Default 1 s.
    public var connectTimeout = Duration.seconds(1)
    /// How long Redis may take for a command before it counts as away. Default 2 s.
    public var commandTimeout = Duration.seconds(2)
    /// How long an idle worker blocks before it looks again; with ``commandTimeout`` on top this bounds how late a frozen
    /// Redis is noticed. Default 5 s.
    public var blockTime = Duration.seconds(5)
    /// Also drain the four lists `task_queue:priority_critical | high | medium | low` of Rider-Pc's producers. They share no slot with
    /// the queue's keys, so a Redis cluster needs this off. Default true.
    public var legacyLists = true

    public init() {}

    /// For logs and errors; without secrets.
    public var address: String {
        let place = socket.isEmpty ? "\(host):\(port)" : socket
        return database == 0 ? place : "\(place) database \(database)"
    }

    var root: String { "{\(prefix)}" }

    /// Most urgent first.
    static let legacyListNames = ["critical", "high", "medium", "low"].map { legacyPrefix + $0 }
    static let legacyPrefix = "task_queue:priority_"
}
