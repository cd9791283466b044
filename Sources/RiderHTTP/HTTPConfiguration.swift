import RiderModel

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

    /// Names this process in the header `Rider-Instance` of `GET /providers/capabilities`, so that it knows its own answer when it
    /// asks itself through the address that the robot is told. Empty sends none. Default empty.
    public var instance = ""
    /// `POST /providers/text/generate` is answered within this time (`http.generate_timeout_ms`). Default 2 s: the robot's
    /// chat is not more patient.
    public var generateTimeout = Duration.seconds(2)
    /// Such requests at the same time; more are told to come back. Default 4.
    public var maxConcurrentGenerations = 4
    /// A larger body of such a request is refused. Default 256 KiB.
    public var maxPromptBytes = 256 << 10
    /// The language of sentences for people when a request does not show another (`robot.language`). Default Polish.
    public var language = Language.polish

    public init() {}
}
