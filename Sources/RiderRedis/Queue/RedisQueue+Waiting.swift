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
        try await beginWait()
        do throws(RedisError) {
            _ = try await wait(in: domains, claiming: nil)
        } catch {
            throw queueError(error, "wait for")
        }
        try Task.checkCancellation()
    }

    /// The claim is sent together with the blocking call and lies in Redis until a push ends that: from push to claim no answer goes to
    /// and fro.
    ///
    /// Redis claims for a worker whose machine has lost its power or its network since, once, if a task comes within
    /// ``RedisConfiguration/blockTime``: that task comes back when its lease ends, as those do which the worker was at.
    public func claimWhenReady(_ request: ClaimRequest) async throws -> CycleOutcome {
        try await beginWait()
        try await settleCycles()
        let call = beginCall()
        var first = request
        first.limit = min(request.limit, Self.batch)
        let reply: RedisReply?
        do throws(RedisError) {
            // A wait looks at the lists of old producers by itself.
            let command = cycleCommand([], first, call, looksAtLegacyLists: false)
            reply = try await wait(in: request.domains, claiming: command)
        } catch {
            ended(call, acknowledging: [], by: error)
            throw queueError(error, "claim from")
        }
        ended(call)
        if let reply {
            var outcome = CycleOutcome()
            try await read(reply, &outcome)
            outcome.tasks.sortForStart(aging: configuration.aging)
            return outcome
        }
        try Task.checkCancellation()
        return try await cycle(acknowledging: [], claiming: request)
    }

    private func beginWait() async throws {
        try Task.checkCancellation()
        let pause = availability.pause
        if pause > .zero { try await Task.sleep(for: pause) }
    }

    /// - Parameter claim: see ``RedisWaiter/wait(look:keys:claim:longest:bell:)``.
    /// - Returns: what the claim gave; nil when it was not sent, because there is work already or there was none to send.
    private func wait(
        in domains: Set<Domain>, claiming claim: RedisCommand?
    ) async throws(RedisError) -> RedisReply? {
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
        let command = look
        let outcome = await withTaskCancellationHandler {
            await Result { () async throws(RedisError) in
                try await waiter.wait(look: command, keys: keys, claim: claim, longest: longest, bell: bell)
            }
        } onCancel: {
            bell.ring()
        }
        switch try outcome.get() {
        case .claimed(let reply): return reply
        case .work: if Task.isCancelled { await passOn(keys) }
        case .interrupted(let unanswered):
            switch try await unblock(waiter, unanswered, claiming: claim) {
            case .claimed(let reply): return reply
            case .waited(let key?): if Task.isCancelled { await passOn([key]) }
            case .waited(nil): break
            }
        }
        return nil
    }

    /// Ends the blocking call of a wait that is over for another reason.
    private func unblock(
        _ waiter: RedisWaiter, _ unanswered: UnansweredCommand, claiming claim: RedisCommand?
    ) async throws(RedisError) -> RedisWaiter.Settlement {
        do throws(RedisError) {
            let unblock = RedisCommand("CLIENT", "UNBLOCK", String(unanswered.clientID))
            _ = try await pool.perform([unblock], within: Self.patience)
            return try await waiter.settle(claiming: claim, within: Self.patience)
        } catch {
            await waiter.discard()
            // A wait that ends in order has nothing to tell; a claim may have been carried out.
            guard claim != nil else { return .waited(wakeUp: nil) }
            throw RedisError(error.code, error.message, unanswered: unanswered)
        }
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
