import RiderBus

/// How telemetry is published.
public struct TelemetryConfiguration: Sendable, Hashable {
    /// Names the journal in every message (`_rider.pub`).
    public var publisherID: String
    /// The robot's broker (its XSUB port) or an address to listen on.
    public var endpoint: Endpoint
    /// The broker's XPUB port, through which probes come back; nil: nothing is ever `broker_confirmed`. Meaningless when
    /// ``endpoint`` listens.
    public var confirmationEndpoint: Endpoint?
    /// Publish `telemetry.task.completed` as well. Default false.
    public var legacyTopic = false
    /// A larger message travels without its binary fields. Bytes of the JSON body, default 262,144.
    public var maxMessageBytes = 262_144
    /// Messages the socket holds per listener. Default 100: what is in there when the link dies is uncertain.
    public var sendHighWaterMark = 100
    /// Messages in memory at most; the rest is read from the journal later. As many, at least 1,024, are remembered until a
    /// probe confirms them. Default 8,192.
    public var bufferMessages = 8192
    /// Bytes of bodies in memory at most. Default 33,554,432.
    public var bufferBytes = 33_554_432
    /// A frozen peer is noticed after interval and timeout. Milliseconds, defaults 500 and 1,000.
    public var heartbeatIntervalMilliseconds = 500
    public var heartbeatTimeoutMilliseconds = 1000
    /// Delivery states are handed on at least this often while there are any. Milliseconds, default 250.
    public var deliveryFlushMilliseconds = 250
    /// How long subscriptions may take to arrive after the link came up; nothing is sent before, so that no message is
    /// called undelivered because its listener was a little late. Milliseconds, default 200.
    public var settleMilliseconds = 200
    /// Wait between probes while messages are unconfirmed. Milliseconds, default 50.
    public var probeIntervalMilliseconds = 50
    /// Messages of an outage are sent at most this fast: a broker drops silently what a listener cannot take. Messages per
    /// second, default 1,000; 0 is no limit.
    public var catchUpPerSecond = 1000
    /// Results go out through a broker at most this fast, 500 of them at once; the rest waits, `journaled`: a broker drops silently
    /// what a listener cannot take. Messages per second, default 5,000; 0 is no limit.
    public var livePerSecond = 5000
    /// A link that was down for at least this long had an outage: what waited is left to a catch-up, which marks it, and live
    /// messages go on with what comes now. Milliseconds, default 1,000.
    public var outageMilliseconds = 1000
    /// What is in memory at the end may still be sent for this long. Milliseconds, default 500.
    public var stopLingerMilliseconds = 500

    public init(publisherID: String, endpoint: Endpoint, confirmationEndpoint: Endpoint? = nil) {
        self.publisherID = publisherID
        self.endpoint = endpoint
        self.confirmationEndpoint = confirmationEndpoint
    }
}
