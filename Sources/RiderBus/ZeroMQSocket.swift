import CZeroMQ

/// One libzmq socket, used by one thread only, which is why it is not `Sendable`: create it inside the closure that
/// runs on the thread.
public final class ZeroMQSocket {
    public enum Kind: Sendable, Hashable {
        case publish, subscribe, extendedPublish, extendedSubscribe, pair, dealer, router

        var code: Int32 {
            switch self {
            case .publish: ZMQ_PUB
            case .subscribe: ZMQ_SUB
            case .extendedPublish: ZMQ_XPUB
            case .extendedSubscribe: ZMQ_XSUB
            case .pair: ZMQ_PAIR
            case .dealer: ZMQ_DEALER
            case .router: ZMQ_ROUTER
            }
        }
    }

    public enum SendOutcome: Sendable, Hashable {
        case sent
        /// No room now; nothing of the message has left.
        case wouldBlock
    }

    public enum Reception: Sendable, Hashable {
        case message([[UInt8]])
        /// A message above the limits was read and thrown away; the size of all its frames.
        case refused(bytes: Int)
        case nothing
    }

    let handle: UnsafeMutableRawPointer
    /// Keeps the context alive until the socket is closed.
    private let context: ZeroMQContext
    private var monitor: LinkMonitor?
    /// Reused for every received frame: libzmq wants messages to stay where they were initialised.
    private let frame = UnsafeMutablePointer<zmq_msg_t>.allocate(capacity: 1)

    /// - Parameter options: applied in order, after a linger of 0.
    public init(_ kind: Kind, in context: ZeroMQContext, options: [ZeroMQOption] = []) throws(ZeroMQError) {
        guard let handle = zmq_socket(context.handle, kind.code) else { throw .last("create socket") }
        self.handle = handle
        self.context = context
        try set(.linger(0))
        for option in options { try set(option) }
    }

    deinit {
        // An event for a monitor that nobody reads any more would block libzmq's thread: stop it before its reader goes.
        if monitor != nil { zmq_socket_monitor(handle, nil, 0) }
        zmq_close(handle)
        frame.deallocate()
    }

    public func set(_ option: ZeroMQOption) throws(ZeroMQError) {
        try option.apply(to: handle)
    }

    // MARK: - Addresses

    /// Binds or connects, as the endpoint says.
    public func attach(to endpoint: Endpoint) throws(ZeroMQError) {
        if endpoint.usesVersion6 { try set(.ipv6) }
        switch endpoint.role {
        case .bind: try bind(endpoint.address)
        case .connect: try connect(endpoint.address)
        }
    }

    /// - Parameter address: as libzmq writes it: `tcp://127.0.0.1:5557`, `tcp://127.0.0.1:*`, `inproc://name`.
    public func bind(_ address: String) throws(ZeroMQError) {
        guard zmq_bind(handle, address) == 0 else { throw .last("bind", address) }
    }

    public func connect(_ address: String) throws(ZeroMQError) {
        guard zmq_connect(handle, address) == 0 else { throw .last("connect", address) }
    }

    /// The address of the last bind or connect with the port that the system chose; empty before.
    public var lastEndpoint: String {
        var text = [UInt8](repeating: 0, count: 256)
        var size = text.count
        guard zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, &text, &size) == 0 else { return "" }
        return String(decoding: text.prefix(size).prefix { $0 != 0 }, as: UTF8.self)
    }

    // MARK: - Messages

    /// Sends one message of one or more frames without waiting.
    public func send(_ frames: [[UInt8]]) throws(ZeroMQError) -> SendOutcome {
        for (index, bytes) in frames.enumerated() {
            let flags = index + 1 < frames.count ? ZMQ_DONTWAIT | ZMQ_SNDMORE : ZMQ_DONTWAIT
            while zmq_send(handle, bytes, bytes.count, flags) < 0 {
                let code = zmq_errno()
                if code == EINTR { continue }
                // libzmq takes all frames of a message or refuses the first one.
                if code == EAGAIN, index == 0 { return .wouldBlock }
                throw ZeroMQError(operation: "send frame \(index)", endpoint: lastEndpoint, code: code)
            }
        }
        return .sent
    }

    /// The next message that has arrived, without waiting. A message beyond the limits is read to its end and refused.
    ///
    /// - Parameters:
    ///   - maximumBytes: of all frames together.
    ///   - maximumFrames: no message of the contract has more than two.
    public func receive(maximumBytes: Int = .max, maximumFrames: Int = 16) throws(ZeroMQError) -> Reception {
        var frames: [[UInt8]] = []
        var count = 0
        var size = 0
        while true {
            guard try receiveFrame() else { return .nothing }
            defer { zmq_msg_close(frame) }
            let bytes = zmq_msg_size(frame)
            size += bytes
            count += 1
            if size <= maximumBytes, count <= maximumFrames {
                frames.append(Array(UnsafeRawBufferPointer(start: zmq_msg_data(frame), count: bytes)))
            } else {
                frames = []
            }
            if zmq_msg_more(frame) == 0 {
                return size <= maximumBytes && count <= maximumFrames ? .message(frames) : .refused(bytes: size)
            }
        }
    }

    private func receiveFrame() throws(ZeroMQError) -> Bool {
        zmq_msg_init(frame)
        while zmq_msg_recv(frame, handle, ZMQ_DONTWAIT) < 0 {
            let code = zmq_errno()
            if code == EINTR { continue }
            zmq_msg_close(frame)
            if code == EAGAIN { return false }
            throw ZeroMQError(operation: "receive", endpoint: lastEndpoint, code: code)
        }
        return true
    }

    // MARK: - Link

    /// Reports what happens to the socket's connections. Start it before binding or connecting; read it often.
    public func startMonitor(_ events: LinkEvent.Kinds = .life) throws(ZeroMQError) -> LinkMonitor {
        precondition(monitor == nil, "the socket has a monitor already")
        // Unique while the socket lives.
        let address = "inproc://monitor-\(UInt(bitPattern: handle))"
        guard zmq_socket_monitor(handle, address, Int32(truncatingIfNeeded: events.rawValue)) == 0 else {
            throw .last("monitor", address)
        }
        let monitor = try LinkMonitor(address: address, in: context)
        self.monitor = monitor
        return monitor
    }
}
