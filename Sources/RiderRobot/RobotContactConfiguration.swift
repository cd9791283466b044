/// How this machine stays in touch with the robot's HTTP interface.
public struct RobotContactConfiguration: Sendable, Hashable {
    /// `http://HOST:PORT` of the robot, from `robot.host` and `robot.http_port`.
    public var robotURL: String
    /// Where the robot reaches this machine: `http.public_base_url`. Empty: the robot is sent no heartbeat. Default empty.
    public var publicURL = ""
    /// The robot may take this long for an answer: `robot.http_timeout_ms`. Default 5 s.
    public var requestTimeout = Duration.seconds(5)
    /// Between two heartbeats, by HTTP and on the bus: `robot.heartbeat_seconds`. Default 5 s.
    public var heartbeatInterval = Duration.seconds(5)
    /// Between two idle voice results: `robot.idle_voice_seconds`. Zero sends none. Default 3 s.
    public var idleVoiceInterval = Duration.seconds(3)
    /// Between two questions for what the robot follows, while it wants to be told. Default 2 s.
    public var trackingInterval = Duration.seconds(2)
    /// The modes are asked for again after this time although no event was missed. Default 30 s.
    public var modesInterval = Duration.seconds(30)
    /// The wait before a question without an answer is asked again; it doubles up to ``retryMaximum``. Default 0.2 s.
    public var retryBase = Duration.milliseconds(200)
    /// Default 5 s.
    public var retryMaximum = Duration.seconds(5)
    /// This machine must answer itself within the time that the robot's watchdog allows. Default 2 s.
    public var ownAnswerTimeout = Duration.seconds(2)
    /// A larger answer is refused. Default 256 KiB.
    public var maxAnswerBytes = 256 << 10

    public init(robotURL: String) {
        self.robotURL = robotURL
    }
}
