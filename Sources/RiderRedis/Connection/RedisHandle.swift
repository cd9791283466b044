import CHiredis
import Glibc
import RiderExecution
import RiderModel

/// One hiredis context: a socket with its buffers. It blocks its thread, belongs to one actor with a thread of its own, and is
/// thrown away after its first error: `redisReconnect` on an old context can lose its timeouts.
final class RedisHandle {
    private let context: UnsafeMutablePointer<redisContext>
    private let address: String
    private let commandTimeout: Duration

    init(_ configuration: RedisConfiguration) throws(RedisError) {
        address = configuration.address
        commandTimeout = configuration.commandTimeout
        let limit = timeval(configuration.connectTimeout)
        let made =
            configuration.socket.isEmpty
            ? redisConnectWithTimeout(configuration.host, Int32(configuration.port), limit)
            : redisConnectUnixWithTimeout(configuration.socket, limit)
        guard let made else { throw RedisError(.connection, "no memory for a connection") }
        context = made
        if made.pointee.err != 0 { throw failure("cannot connect") }
        // Bounds writing to a server that no longer reads, and reading the first bytes of an answer.
        guard redisSetTimeout(made, timeval(commandTimeout)) == REDIS_OK else { throw failure("cannot set a timeout") }
        if configuration.socket.isEmpty, redisEnableKeepAlive(made) != REDIS_OK { throw failure("no keepalive") }
    }

    deinit {
        redisFree(context)
    }

    var descriptor: Int32 { context.pointee.fd }

    /// True when the server has closed the connection, or sent what nobody asked for.
    var isStale: Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&polled, 1, 0) != 0
    }

    // MARK: - Sending

    /// Puts a command into the output buffer.
    ///
    /// - Parameter evaluation: for a script, `EVALSHA` and its digest.
    func append(_ command: RedisCommand, evaluation: RedisCommand? = nil) throws(RedisError) {
        var isDone = append(Array("*\((evaluation?.count ?? 0) + command.count)\r\n".utf8))
        if let evaluation { isDone = append(evaluation.arguments) && isDone }
        guard append(command.arguments), isDone else { throw failure("cannot send \(command.name)") }
    }

    private func append(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            bytes.withMemoryRebound(to: CChar.self) { bytes in
                redisAppendFormattedCommand(context, bytes.baseAddress, bytes.count) == REDIS_OK
            }
        }
    }

    /// Writes what ``append(_:evaluation:)`` has gathered.
    func flush() throws(RedisError) {
        var isDone: Int32 = 0
        while isDone == 0 {
            guard redisBufferWrite(context, &isDone) == REDIS_OK else { throw failure("cannot send") }
        }
    }

    // MARK: - Receiving

    /// The next answer, waited for as long as Redis may take for a command.
    func reply(within limit: Duration? = nil) throws(RedisError) -> RedisReply {
        if limit == nil {
            if let reply = try received() { return reply }
            // Mostly an answer comes as a whole; the socket's own timeout bounds the wait for its first bytes.
            try read()
        }
        let limit = limit ?? commandTimeout
        switch try reply(within: limit, or: []) {
        case .reply(let reply): return reply
        case .timeout, .readable: throw RedisError(.timeout, "no answer within \(limit)")
        }
    }

    enum Arrival {
        case reply(RedisReply)
        /// One of the other descriptors can be read; no answer has come yet.
        case readable(Int32)
        case timeout
    }

    /// Waits for the next answer or for one of other descriptors, whichever comes first.
    func reply(within limit: Duration, or others: [Int32]) throws(RedisError) -> Arrival {
        let time = TimeSource.system
        let end = time.monotonicNanoseconds() + UInt64(max(0, limit.wholeMilliseconds)) * 1_000_000
        var polled = ([descriptor] + others).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        while true {
            if let reply = try received() { return .reply(reply) }
            let now = time.monotonicNanoseconds()
            let left = end > now ? (end - now + 999_999) / 1_000_000 : 0
            let count = poll(&polled, nfds_t(polled.count), Int32(clamping: left))
            if count < 0, errno != EINTR {
                throw RedisError(.connection, "poll: \(String(cString: strerror(errno)))")
            }
            if count == 0, left == 0 { return .timeout }
            if count > 0 {
                if polled[0].revents != 0 {
                    try read()
                } else if let other = polled.first(where: { $0.revents != 0 }) {
                    return .readable(other.fd)
                }
            }
        }
    }

    private func read() throws(RedisError) {
        guard redisBufferRead(context) == REDIS_OK else { throw failure("no answer") }
    }

    /// Takes what has arrived unasked: messages of a subscription. Never waits.
    ///
    /// - Returns: how many there were.
    func drain() throws(RedisError) -> Int {
        var count = 0
        while true {
            while try received() != nil { count += 1 }
            guard isStale else { return count }
            guard redisBufferRead(context) == REDIS_OK else { throw failure("the subscription ended") }
        }
    }

    /// An answer that is complete in the input buffer.
    private func received() throws(RedisError) -> RedisReply? {
        var reply: UnsafeMutableRawPointer?
        guard redisGetReplyFromReader(context, &reply) == REDIS_OK else { throw failure("no answer") }
        guard let reply else { return nil }
        defer { freeReplyObject(reply) }
        return RedisReply(reply.assumingMemoryBound(to: redisReply.self).pointee)
    }

    // MARK: -

    private func failure(_ what: String) -> RedisError {
        // First of all: what follows may change errno.
        let isTimeout = context.pointee.err == REDIS_ERR_IO && (errno == EAGAIN || errno == ETIMEDOUT)
        let reason = withUnsafeBytes(of: context.pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        // The system's own words for it are "Resource temporarily unavailable".
        if isTimeout { return RedisError(.timeout, "\(what) in time (\(reason))") }
        let code: RedisError.Code = context.pointee.err == REDIS_ERR_PROTOCOL ? .incompatible : .connection
        return RedisError(code, "\(what): \(reason)")
    }
}

extension timeval {
    fileprivate init(_ duration: Duration) {
        let milliseconds = max(1, Int(duration.wholeMilliseconds))
        self.init(tv_sec: milliseconds / 1000, tv_usec: milliseconds % 1000 * 1000)
    }
}
