import RiderExecution
import RiderModel

/// A connection for blocking waits, and one more that is told when old producers write to their lists.
///
/// One wait at a time. The lists are watched by `CLIENT TRACKING` in broadcasting mode: Redis sends a message when a key of that prefix
/// changes. Blocking on the lists themselves would take an element away with no way to give it back after a crash.
actor RedisWaiter {
    enum Outcome: Sendable {
        /// There may be work, which nobody has claimed.
        case work
        /// What the claim gave that was sent behind the blocking call.
        case claimed(RedisReply)
        /// The bell rang, or old producers wrote something, while Redis still holds the blocking call of this client, which must be
        /// ended by `CLIENT UNBLOCK` and ``settle(claiming:within:)``.
        case interrupted(UnansweredCommand)
    }

    /// What became of a blocking call that was ended.
    enum Settlement: Sendable {
        /// The key whose wake-up was taken after all.
        case waited(wakeUp: String?)
        case claimed(RedisReply)
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
    ///   - claim: sent behind the blocking call, so that Redis carries it out in the moment in which that ends: whoever waits is given
    ///     its tasks by one answer. It is carried out as well when nothing came and when the call is interrupted.
    ///   - longest: how long one blocking call may take.
    func wait(
        look: RedisCommand, keys: [String], claim: RedisCommand?, longest: Duration, bell: Doorbell
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
                let patience = Duration.milliseconds(block) + configuration.commandTimeout
                let others = [bell.descriptor] + (tracker.map { [$0.handle.descriptor] } ?? [])
                switch try session.block(on: keys, milliseconds: block, claim, within: patience, or: others) {
                case .reply(let pop):
                    if let claim { return .claimed(try session.answer(to: claim, behind: pop)) }
                    if let error = pop.error { throw RedisError(.refused, error) }
                    if !pop.isNull || isDue { return .work }
                case .readable: return .interrupted(session.unanswered)
                case .timeout: throw RedisError(.timeout, "no answer within \(patience)")
                }
            }
        } catch {
            let error = ended(by: error)
            if error.code != .refused { availability.failed(error) }
            throw error
        }
    }

    /// Reads the answers to an interrupted blocking call and to the claim behind it.
    func settle(claiming claim: RedisCommand?, within limit: Duration) throws(RedisError) -> Settlement {
        guard let session else { return .waited(wakeUp: nil) }
        do throws(RedisError) {
            let pop = try session.handle.reply(within: limit)
            if let claim { return .claimed(try session.answer(to: claim, behind: pop)) }
            return .waited(wakeUp: pop.array.first?.string)
        } catch {
            throw ended(by: error)
        }
    }

    /// Closes the connections after an error. Unless Redis itself refused, a claim may have been carried out.
    private func ended(by error: RedisError) -> RedisError {
        var error = error
        if error.code != .refused { error.unanswered = error.unanswered ?? session?.unanswered }
        discard()
        return error
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
