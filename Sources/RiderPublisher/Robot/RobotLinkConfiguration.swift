import RiderBus
import RiderModel

/// How commands reach the robot.
public struct RobotLinkConfiguration: Sendable, Hashable {
    /// The robot broker's XSUB port.
    public var endpoint: Endpoint
    /// Take every domain's mode as known, whatever the robot says; nil follows the robot. Default nil.
    public var assumeMode: ProviderMode?
    /// Obstacle messages per second at most: the robot's navigator reads about 6.5 and acts on old ones. Default 5.
    public var obstacleHz = 5.0
    /// An obstacle or tracking message older than this is not sent. Milliseconds since its frame arrived, default 500.
    public var maxAgeMilliseconds = 500
    /// A voice message older than this is not sent. Milliseconds since its request arrived, default 5,000: the time after
    /// which the robot stops waiting for one.
    public var voiceMaxAgeMilliseconds = 5000
    /// Messages waiting for the broker at most. Default 10.
    public var sendHighWaterMark = 10
    /// A frozen broker is noticed after interval and timeout. Milliseconds, defaults 500 and 1,000.
    public var heartbeatIntervalMilliseconds = 500
    public var heartbeatTimeoutMilliseconds = 1000

    public init(endpoint: Endpoint) {
        self.endpoint = endpoint
    }
}
