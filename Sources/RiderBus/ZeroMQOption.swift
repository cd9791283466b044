import CZeroMQ

/// A socket option. Options are set before the socket binds or connects; only ``subscribe(_:)`` and
/// ``unsubscribe(_:)`` take effect later as well.
public enum ZeroMQOption: Sendable, Hashable {
    /// Milliseconds that unsent messages outlive a closed socket. Default 0.
    case linger(Int32)
    /// Outgoing messages held per peer at most; 0 is no limit.
    case sendHighWaterMark(Int32)
    /// Incoming messages held per peer at most; 0 is no limit.
    case receiveHighWaterMark(Int32)
    /// Queue only for connections that are complete. Without it a connecting publisher keeps the oldest messages of an
    /// outage and delivers them late.
    case immediate
    /// A peer that stays silent for `timeout` after a ping, sent every `interval`, counts as gone; the peer is told to
    /// give up on this side after `timeToLive` without a sign (nil: it is told nothing). Milliseconds.
    case heartbeat(interval: Int32, timeout: Int32, timeToLive: Int32?)
    /// A peer that sends a larger message is disconnected.
    case maximumMessageBytes(Int64)
    /// XPUB: report every subscription, not only the first of each topic.
    case reportEverySubscription
    /// XPUB: refuse a message that a matching subscriber has no room for, instead of dropping it silently.
    case refuseWhenFull
    /// ROUTER: fail for a peer that is gone and refuse one that has no room, instead of dropping messages silently.
    case refuseUnroutable
    /// Let the system probe idle connections: `idle` seconds of silence, then `count` probes every `interval` seconds.
    case tcpKeepalive(idle: Int32, interval: Int32, count: Int32)
    /// Wait before a reconnect: from `first`, doubled at every failure up to `maximum`. Milliseconds.
    case reconnect(first: Int32, maximum: Int32)
    /// Give up on a connection attempt after this many milliseconds and try again. The system's own limit is over two
    /// minutes, much too long for a robot that was just switched on.
    case connectTimeout(Int32)
    /// Give up on a peer that accepts and then says nothing. Milliseconds.
    case handshakeTimeout(Int32)
    /// Allow addresses of version 6.
    case ipv6
    /// SUB: receive topics that begin with these bytes.
    case subscribe([UInt8])
    /// SUB: take back one ``subscribe(_:)``.
    case unsubscribe([UInt8])

    func apply(to socket: UnsafeMutableRawPointer) throws(ZeroMQError) {
        switch self {
        case .linger(let value): try Self.set(socket, ZMQ_LINGER, value)
        case .sendHighWaterMark(let value): try Self.set(socket, ZMQ_SNDHWM, value)
        case .receiveHighWaterMark(let value): try Self.set(socket, ZMQ_RCVHWM, value)
        case .immediate: try Self.set(socket, ZMQ_IMMEDIATE, Int32(1))
        case .heartbeat(let interval, let timeout, let timeToLive):
            try Self.set(socket, ZMQ_HEARTBEAT_IVL, interval)
            try Self.set(socket, ZMQ_HEARTBEAT_TIMEOUT, timeout)
            if let timeToLive { try Self.set(socket, ZMQ_HEARTBEAT_TTL, timeToLive) }
        case .maximumMessageBytes(let value): try Self.set(socket, ZMQ_MAXMSGSIZE, value)
        case .reportEverySubscription: try Self.set(socket, ZMQ_XPUB_VERBOSE, Int32(1))
        case .refuseWhenFull: try Self.set(socket, ZMQ_XPUB_NODROP, Int32(1))
        case .refuseUnroutable: try Self.set(socket, ZMQ_ROUTER_MANDATORY, Int32(1))
        case .tcpKeepalive(let idle, let interval, let count):
            try Self.set(socket, ZMQ_TCP_KEEPALIVE, Int32(1))
            try Self.set(socket, ZMQ_TCP_KEEPALIVE_IDLE, idle)
            try Self.set(socket, ZMQ_TCP_KEEPALIVE_INTVL, interval)
            try Self.set(socket, ZMQ_TCP_KEEPALIVE_CNT, count)
        case .reconnect(let first, let maximum):
            try Self.set(socket, ZMQ_RECONNECT_IVL, first)
            try Self.set(socket, ZMQ_RECONNECT_IVL_MAX, maximum)
        case .connectTimeout(let value): try Self.set(socket, ZMQ_CONNECT_TIMEOUT, value)
        case .handshakeTimeout(let value): try Self.set(socket, ZMQ_HANDSHAKE_IVL, value)
        case .ipv6: try Self.set(socket, ZMQ_IPV6, Int32(1))
        case .subscribe(let prefix): try Self.set(socket, ZMQ_SUBSCRIBE, prefix)
        case .unsubscribe(let prefix): try Self.set(socket, ZMQ_UNSUBSCRIBE, prefix)
        }
    }

    private static func set(
        _ socket: UnsafeMutableRawPointer, _ option: Int32, _ value: some FixedWidthInteger
    ) throws(ZeroMQError) {
        var value = value
        guard zmq_setsockopt(socket, option, &value, MemoryLayout.size(ofValue: value)) == 0 else {
            throw .last("set option \(option) to \(value)")
        }
    }

    private static func set(
        _ socket: UnsafeMutableRawPointer, _ option: Int32, _ bytes: [UInt8]
    ) throws(ZeroMQError) {
        guard zmq_setsockopt(socket, option, bytes, bytes.count) == 0 else {
            throw .last("set option \(option) to \(bytes.count) bytes")
        }
    }
}

extension [ZeroMQOption] {
    /// What every connection to another machine wants: a lost peer is noticed and found again within seconds.
    ///
    /// - Parameters:
    ///   - heartbeatInterval: milliseconds between pings.
    ///   - heartbeatTimeout: a peer that is silent this many milliseconds longer is gone.
    public static func watchful(heartbeatInterval: Int, heartbeatTimeout: Int) -> [ZeroMQOption] {
        [
            .heartbeat(
                interval: Int32(clamping: heartbeatInterval), timeout: Int32(clamping: heartbeatTimeout),
                // Travels in tenths of a second, in 16 bits.
                timeToLive: Int32(clamping: Swift.min(heartbeatInterval + heartbeatTimeout, 6_553_500))),
            .reconnect(first: 100, maximum: 1000), .connectTimeout(2000), .handshakeTimeout(3000),
            .tcpKeepalive(idle: 10, interval: 5, count: 3),
        ]
    }
}
