import RiderExecution

/// Reads topics of a bus on a thread of its own, for as long as ``run(onMessage:onLink:onRefused:)`` runs.
///
/// It connects again by itself, notices a frozen broker by heartbeats, and survives whatever a peer sends. Topics are byte
/// prefixes: `vision.obstacle` also brings `vision.obstacle.data`, so compare the whole topic of what arrives.
public struct BusSubscriber: Sendable {
    /// Where the bus is.
    public var endpoint: Endpoint
    /// Beginnings of topics; an empty one means every topic.
    public var topics: [String]
    /// Larger messages, all frames counted, are refused.
    public var maxMessageBytes: Int
    /// Messages that libzmq holds at most while the reader is busy; what comes beyond is dropped by the broker.
    public var receiveHighWaterMark: Int
    /// Milliseconds; see ``ZeroMQOption/heartbeat(interval:timeout:timeToLive:)``.
    public var heartbeatInterval = 500
    /// Milliseconds without an answer after which the link counts as down.
    public var heartbeatTimeout = 1000

    private let context: ZeroMQContext

    public init(
        context: ZeroMQContext, endpoint: Endpoint, topics: [String], maxMessageBytes: Int = 4_194_304,
        receiveHighWaterMark: Int = 1000
    ) {
        self.context = context
        self.endpoint = endpoint
        self.topics = topics
        self.maxMessageBytes = maxMessageBytes
        self.receiveHighWaterMark = receiveHighWaterMark
    }

    /// Reads until the surrounding task is cancelled, then returns. The closures are called on the subscriber's thread, one
    /// at a time; while one works, nothing is read.
    ///
    /// - Parameters:
    ///   - onMessage: the frames of one message, at least one.
    ///   - onLink: whether there is a link to the peer, at every change; the link is down at first. A bound subscriber is
    ///     up from the start.
    ///   - onRefused: the size of a message that was larger than ``maxMessageBytes`` or had too many frames.
    /// - Throws: ``ZeroMQError`` when the socket cannot be set up.
    public func run(
        onMessage: @escaping @Sendable (_ frames: [[UInt8]]) -> Void,
        onLink: @escaping @Sendable (_ isUp: Bool) -> Void,
        onRefused: @escaping @Sendable (_ bytes: Int) -> Void = { _ in }
    ) async throws {
        let doorbell = Doorbell()
        let stopped = StopFlag()
        try await DetachedThread.run(name: "bus-subscriber") {
            stopped.set()
            doorbell.ring()
        } loop: {
            try read(until: stopped, doorbell, onMessage, onLink, onRefused)
        }
    }

    private func read(
        until stopped: StopFlag, _ doorbell: Doorbell, _ onMessage: ([[UInt8]]) -> Void, _ onLink: (Bool) -> Void,
        _ onRefused: (Int) -> Void
    ) throws {
        let socket = try ZeroMQSocket(.subscribe, in: context, options: options)
        let monitor = try socket.startMonitor()
        try socket.attach(to: endpoint)
        if endpoint.role == .bind { onLink(true) }

        var poller = ZeroMQPoller()
        _ = poller.add(doorbell)
        _ = poller.add(monitor)
        _ = poller.add(socket)
        var isUp = endpoint.role == .bind
        while !stopped.isSet {
            try poller.wait(milliseconds: nil)
            while let event = try monitor.next() {
                guard endpoint.role == .connect, let change = event.linkIsUp, change != isUp else { continue }
                isUp = change
                onLink(isUp)
            }
            // A flood must not keep the thread from noticing that it should end.
            turn: for _ in 0..<Self.messagesPerTurn {
                switch try socket.receive(maximumBytes: maxMessageBytes) {
                case .message(let frames): onMessage(frames)
                case .refused(let bytes): onRefused(bytes)
                case .nothing: break turn
                }
            }
        }
        if isUp { onLink(false) }
    }

    private static let messagesPerTurn = 64

    private var options: [ZeroMQOption] {
        .watchful(heartbeatInterval: heartbeatInterval, heartbeatTimeout: heartbeatTimeout)
            + [
                .receiveHighWaterMark(Int32(clamping: receiveHighWaterMark)),
                // libzmq drops the connection for a frame above its limit; messages a little too large should only cost
                // themselves, so its limit is for what must never be in memory at all.
                .maximumMessageBytes(Int64(min(maxMessageBytes, .max / 4) * 4)),
            ] + topics.map { .subscribe(Array($0.utf8)) }
    }
}
