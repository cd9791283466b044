import RiderExecution
import RiderModel

/// A connection that is made when it is needed and made anew after an error, on a thread of its own.
actor RedisConnection {
    nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let connect: @Sendable () throws(RedisError) -> RedisSession
    private let availability: RedisAvailability
    private var session: RedisSession?

    init(_ availability: RedisAvailability, connect: @escaping @Sendable () throws(RedisError) -> RedisSession) {
        executor = ThreadExecutor(name: "redis")
        self.availability = availability
        self.connect = connect
    }

    isolated deinit {
        session = nil
    }

    /// Sends commands in one go and reads their answers; errors of Redis are among the answers.
    func perform(
        _ commands: [RedisCommand], within limit: Duration? = nil
    ) throws(RedisError) -> [RedisReply] {
        let session = try openSession()
        do throws(RedisError) {
            let replies = try session.perform(commands, within: limit)
            availability.answered()
            if replies.contains(where: { $0.error?.hasPrefix("READONLY") == true }) { self.session = nil }
            return replies
        } catch {
            self.session = nil
            availability.failed(error)
            throw error
        }
    }

    /// The session, made anew when there is none or when the server has ended it.
    private func openSession() throws(RedisError) -> RedisSession {
        if let session, !session.handle.isStale { return session }
        session = nil
        let opened = try availability.opening(connect)
        session = opened
        return opened
    }
}
