/// How the HTTP server listens and what it takes.
public struct HTTPConfiguration: Sendable {
    /// Address or name to listen on (`http.host`). Default `127.0.0.1`: nobody outside this machine reaches the server.
    public var host = "127.0.0.1"
    /// Port to listen on (`http.port`); 0 takes a free one. Default 8000.
    public var port = 8000
    /// Bearer token for requests that change something, needed beyond loopback (`http.token`). Empty means none is set, and
    /// such requests are refused there. Secret: never logged, never shown. Default empty.
    public var token = ""
    /// A larger request body is refused (`http.max_body_bytes`). Default 8 MiB.
    public var maxBodyBytes = 8 << 20
    /// Tasks in one request at most. Default 10,000.
    public var maxTasksPerRequest = 10_000
    /// Requests that put tasks in at the same time; more are told to come back. Each may hold `maxBodyBytes`. Default 8.
    public var maxConcurrentSubmissions = 8
    /// A request's body must be here, and an answer taken by the client, within this time. Default 10 s.
    public var requestTimeout = Duration.seconds(10)
    /// A connection on which nothing happens is closed after this time. Default 30 s.
    public var idleTimeout = Duration.seconds(30)
    /// Open connections at most; more wait in the kernel's backlog. Default 256.
    public var maxConnections = 256
    /// `/health/ready` and `/api/queue` say "not ready" when their source has not answered after this time. Default 1 s.
    public var sourceTimeout = Duration.seconds(1)
    /// Names by which a server on loopback may be called besides its own and the usual ones, for a proxy in front of it.
    /// Others are refused, so that no web page can reach the server under a name of its own. Default none.
    public var allowedHosts: [String] = []

    public init() {}
}
