import RiderExecution
import RiderModel
import RiderQueue

extension RedisQueue {
    /// Waits on a connection of its own: one blocking call in 5 s, and a look before it. A push wakes one waiter at once, and each
    /// claim that leaves something wakes the next one, so wake-ups go round in the order of waiting.
    ///
    /// Should a worker die between its wake-up and its claim, others look after at most ``RedisConfiguration/blockTime``.
    ///
    /// A cancelled wait ends its blocking call with `CLIENT UNBLOCK` from another connection and so keeps its own: workers cancel a
    /// wait whenever a place of another domain becomes free. When Redis does not answer that within 0.25 s the connection is closed.
    public func waitForWork(in domains: Set<Domain>) async throws {
        try Task.checkCancellation()
        let pause = availability.pause
        if pause > .zero { try await Task.sleep(for: pause) }

        let names = domains.map(\.rawValue).sorted()
        var look = RedisCommand(.look, keys: keysWithLegacyLists)
        look.append(configuration.maxSize)
        for name in names { look.append(name) }
        // A wait for nothing still ends when a lease does. Nothing writes to the key of no domain.
        let keys = (names.isEmpty ? ["none"] : names).map { key("wake:\($0)") }
        // A lease that is given after the look ends no sooner than this.
        let longest = min(redis.blockTime, configuration.leaseDuration)

        let waiter = waiters.take()
        defer { waiters.give(waiter) }
        let bell = Doorbell()
        do throws(RedisError) {
            let command = look
            let outcome = await withTaskCancellationHandler {
                await Result { () async throws(RedisError) in
                    try await waiter.wait(look: command, keys: keys, longest: longest, bell: bell)
                }
            } onCancel: {
                bell.ring()
            }
            switch try outcome.get() {
            case .work: if Task.isCancelled { await passOn(keys) }
            case .interrupted(let clientID): await unblock(waiter, clientID)
            }
        } catch {
            throw queueError(error, "wait for")
        }
        try Task.checkCancellation()
    }

    /// Ends the blocking call of a wait that is over for another reason.
    private func unblock(_ waiter: RedisWaiter, _ clientID: Int64) async {
        let unblock = RedisCommand("CLIENT", "UNBLOCK", String(clientID))
        guard (try? await pool.perform([unblock], within: Self.patience)) != nil else { return await waiter.discard() }
        guard let key = await waiter.settle(within: Self.patience), Task.isCancelled else { return }
        await passOn([key])
    }

    /// This wait may have taken a wake-up that it does not use: the next waiter gets it.
    private func passOn(_ keys: [String]) async {
        for key in keys {
            _ = try? await pool.perform([RedisCommand("ZADD", key, "0", "look")], within: Self.patience)
        }
    }

    /// How long ending a wait may take.
    private static let patience = Duration.milliseconds(250)
}

extension Result {
    fileprivate init(catching body: () async throws(Failure) -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
