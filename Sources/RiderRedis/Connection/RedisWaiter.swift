import RiderExecution
import RiderModel

/// A connection for blocking waits, and one more that is told when old producers write to their lists.
///
/// One wait at a time. The lists are watched by `CLIENT TRACKING` in broadcasting mode: Redis sends a message when a key of that prefix
/// changes. Blocking on the lists themselves would take an element away with no way to give it back after a crash.
actor RedisWaiter {
    enum Outcome: Sendable {
        /// There may be work.
        case work
        /// The bell rang, or old producers wrote something, while Redis still holds the blocking call of this client, which must be
        /// ended by `CLIENT UNBLOCK` and ``settle(within:)``.
        case interrupted(clientID: Int64)
    }

    private nonisolated let executor: ThreadExecutor
    nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let configuration: RedisConfiguration
    private let availability: RedisAvailability
    private let connect: @Sendable () throws(RedisError) -> RedisSession
    private var session: RedisSession?
    private var tracker: RedisSession?
    /// False once Redis has refused to tell of the lists; then they are looked at when a block ends.
    private var canTrack = true

    init(
        _ configuration: RedisConfiguration, _ availability: RedisAvailability,
        connect: @escaping @Sendable () throws(RedisError) -> RedisSession
    ) {
        executor = ThreadExecutor(name: "redis wait")
        self.configuration = configuration
        self.availability = availability
        self.connect = connect
    }

    isolated deinit {
        session = nil
        tracker = nil
    }

    /// Returns when there may be work in one of the domains, or when the bell rings.
    ///
    /// - Parameters:
    ///   - look: the script ``RedisScript/look`` with its arguments.
    ///   - keys: where wake-ups come from.
    ///   - longest: how long one blocking call may take.
    func wait(
        look: RedisCommand, keys: [String], longest: Duration, bell: Doorbell
    ) throws(RedisError) -> Outcome {
        do throws(RedisError) {
            let session = try openSession()
            try startTracking()
            while true {
                // Before the look: what is written after it sends a new message.
                _ = try tracker?.handle.drain()
                let reply = try session.perform([look])[0]
                if let error = reply.error { throw RedisError(.refused, error) }
                availability.answered()
                var block = longest.wholeMilliseconds
                var isDue = false
                if let next = reply.integer, next >= 0 {
                    if next == 0 { return .work }
                    isDue = next <= block
                    block = min(block, next)
                }
                var pop = RedisCommand("BZPOPMIN")
                for key in keys { pop.append(key) }
                pop.append("\(Double(max(1, block)) / 1000)")
                try session.append(pop)
                try session.handle.flush()
                let patience = Duration.milliseconds(block) + configuration.commandTimeout
                let others = [bell.descriptor] + (tracker.map { [$0.handle.descriptor] } ?? [])
                switch try session.handle.reply(within: patience, or: others) {
                case .reply(.error(let text)): throw RedisError(.refused, text)
                case .reply(let reply): if !reply.isNull || isDue { return .work }
                case .readable: return .interrupted(clientID: session.clientID)
                case .timeout: throw RedisError(.timeout, "no answer within \(patience)")
                }
            }
        } catch {
            discard()
            if error.code != .refused { availability.failed(error) }
            throw error
        }
    }

    /// Reads the answer to an interrupted blocking call.
    ///
    /// - Returns: the key whose wake-up was taken after all.
    func settle(within limit: Duration) -> String? {
        guard let session else { return nil }
        do {
            return try session.handle.reply(within: limit).array.first?.string
        } catch {
            discard()
            return nil
        }
    }

    /// Closes the connections; the next wait makes new ones.
    func discard() {
        session = nil
        tracker = nil
    }

    private func startTracking() throws(RedisError) {
        guard configuration.legacyLists, canTrack, tracker == nil else { return }
        let session = try availability.opening(connect)
        let replies = try session.perform([
            RedisCommand(
                "CLIENT", "TRACKING", "ON", "REDIRECT", String(session.clientID), "BCAST", "PREFIX",
                RedisConfiguration.legacyPrefix),
            RedisCommand("SUBSCRIBE", "__redis__:invalidate"),
        ])
        if replies.contains(where: { $0.error != nil }) {
            canTrack = false
        } else {
            tracker = session
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
