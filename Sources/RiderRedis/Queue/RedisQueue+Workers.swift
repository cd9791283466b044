import CoreMetrics
import RiderModel
import RiderQueue
import Synchronization

extension RedisQueue {
    /// Acknowledges and claims in one round trip per 256 tasks. One claim gives at most 16 MiB of envelopes, one envelope apart.
    ///
    /// - Throws: ``RiderQueue/QueueError`` when some acknowledgement has no answer, or when there was none and nothing could be claimed.
    ///   The same leases may be acknowledged again: those that Redis has answered for are remembered.
    public func cycle(
        acknowledging finished: [ClaimedTask.Lease], claiming request: ClaimRequest
    ) async throws(QueueError) -> CycleOutcome {
        try await settleCycles()
        var progress = CycleProgress()
        var open = finished
        if state.withLock({ !$0.unsettled.isEmpty }) {
            (open, progress.outcome.lost) = state.withLock { $0.unsettled.filter(finished) }
            let isOpen = Set(open)
            progress.answered = finished.filter { !isOpen.contains($0) }
        }
        do throws(QueueError) {
            try await cycle(open, request, &progress)
        } catch {
            // What has been achieved is not thrown away with the call: claimed tasks are held by nobody else.
            if progress.outcome.tasks.isEmpty, finished.isEmpty || progress.answered.count < finished.count {
                state.withLock { [progress] in
                    $0.unsettled.remember(progress.answered, lost: Set(progress.outcome.lost))
                }
                throw error
            }
        }
        progress.outcome.tasks.sortForStart(aging: configuration.aging)
        return progress.outcome
    }

    private struct CycleProgress {
        var outcome = CycleOutcome()
        /// Leases of which it is known what became of their acknowledgement.
        var answered: [ClaimedTask.Lease] = []
    }

    private func cycle(
        _ finished: [ClaimedTask.Lease], _ request: ClaimRequest, _ progress: inout CycleProgress
    ) async throws(QueueError) {
        let mayClaim = !request.isEmpty
        var acknowledgements = finished.pieces(of: Self.batch)
        while acknowledgements.count > 1 {
            let piece = acknowledgements.removeFirst()
            try await step(Array(piece), .nothing, &progress.outcome)
            progress.answered += piece
        }
        if mayClaim, redis.legacyLists, state.withLock(\.hasLegacyElements) { try await adoptLegacyElements() }
        var rest = request
        rest.limit = min(request.limit, Self.batch)
        let piece = acknowledgements.first ?? []
        try await step(Array(piece), mayClaim ? rest : .nothing, &progress.outcome)
        progress.answered += piece
        if mayClaim, progress.outcome.tasks.isEmpty, redis.legacyLists, state.withLock(\.hasLegacyElements),
            try await adoptLegacyElements() > 0
        {
            try await step([], rest, &progress.outcome)
        }
        // Larger claims are several.
        var last = progress.outcome.tasks.count
        while mayClaim, last == Self.batch, progress.outcome.tasks.count < request.limit {
            rest = request
            for task in progress.outcome.tasks where task.refusal == nil {
                rest.capacity[task.envelope.type.domain, default: 0] -= 1
            }
            rest.limit = min(request.limit - progress.outcome.tasks.count, Self.batch)
            if rest.isEmpty { break }
            let count = progress.outcome.tasks.count
            try await step([], rest, &progress.outcome)
            last = progress.outcome.tasks.count - count
        }
    }

    /// Bytes of envelopes in one claim at most, one envelope apart.
    private static let claimBytes = 16 << 20

    private func step(
        _ finished: [ClaimedTask.Lease], _ request: ClaimRequest, _ outcome: inout CycleOutcome
    ) async throws(QueueError) {
        let call = beginCall()
        let reply: RedisReply
        do throws(RedisError) {
            let command = cycleCommand(
                finished, request, call, looksAtLegacyLists: redis.legacyLists && !request.isEmpty)
            reply = try await pool.perform([command])[0]
        } catch {
            ended(call, acknowledging: finished, by: error)
            throw queueError(error, "claim from")
        }
        ended(call)
        if case .error(let text) = reply { throw queueError(RedisError(.refused, text), "claim from") }
        try await read(reply, &outcome)
    }

    /// A cycle that is on its way.
    struct CycleCall {
        let token: String
        /// The number of its receipt.
        let receipt: Int
    }

    func beginCall() -> CycleCall {
        state.withLock { state in
            state.calls += 1
            let receipt = state.freeReceipts.popLast() ?? state.receipts
            state.receipts = max(state.receipts, receipt + 1)
            return CycleCall(token: "\(state.nonce)-\(state.calls)", receipt: receipt)
        }
    }

    /// Its answer is here.
    func ended(_ call: CycleCall) {
        state.withLock { $0.freeReceipts.append(call.receipt) }
    }

    /// No answer came: unless it was not even sent, the next cycle finds out what became of it.
    func ended(_ call: CycleCall, acknowledging finished: [ClaimedTask.Lease], by error: RedisError) {
        state.withLock { state in
            guard let unanswered = error.unanswered else { return state.freeReceipts.append(call.receipt) }
            state.unsettled.add(
                .init(
                    token: call.token, field: field(of: call), receipt: call.receipt, finished: finished,
                    command: unanswered))
        }
    }

    private func field(of call: CycleCall) -> String { "\(owner)/\(call.receipt)" }

    func cycleCommand(
        _ finished: [ClaimedTask.Lease], _ request: ClaimRequest, _ call: CycleCall, looksAtLegacyLists: Bool
    ) -> RedisCommand {
        var command = RedisCommand(.cycle, keys: looksAtLegacyLists ? keysWithLegacyLists : [redis.root])
        command.append(owner)
        command.append(call.token)
        command.append(field(of: call))
        command.append(configuration.leaseDuration.wholeMilliseconds)
        command.append(configuration.maxAttempts)
        command.append(configuration.maxDeadLetters)
        command.append(request.isEmpty ? 0 : request.limit)
        command.append(Self.claimBytes)
        command.append(configuration.maxSize)
        command.append(configuration.aging.wholeMilliseconds)
        command.append(request.capacity.count)
        for (domain, places) in request.capacity {
            command.append(domain.rawValue)
            command.append(max(0, places))
        }
        command.append(finished)
        return command
    }

    func read(_ reply: RedisReply, _ outcome: inout CycleOutcome) async throws(QueueError) {
        let parts = reply.array
        guard parts.count == 5, let now = parts[0].integer.map(UnixTime.init(milliseconds:)) else {
            throw queueError(RedisError(.incompatible, "the script answered something else"), "claim from")
        }
        let counts = parts[1]
        let (reaped, died, dropped, expired) = (counts.count(0), counts.count(1), counts.count(2), counts.count(3))
        if counts.count(4) >= 0 { state.withLock { $0.hasLegacyElements = counts.count(4) > 0 } }
        outcome.reaped += reaped
        outcome.died += died
        outcome.lost += parts[2].leases
        metrics.expired.increment(by: expired)
        metrics.reaped.increment(by: reaped)
        record(died: died, dropped: dropped)

        let elements = parts[3].array
        let envelopes = parts[4].array
        outcome.tasks.reserveCapacity(outcome.tasks.count + elements.count)
        for (text, body) in zip(elements, envelopes) {
            guard let element = text.bytes.flatMap(QueueElement.init) else { continue }
            do throws(EnvelopeError) {
                guard let bytes = body.bytes else { throw .json(JSONError(.empty, at: 0)) }
                outcome.tasks.append(
                    ClaimedTask(
                        envelope: try TaskEnvelope(parsing: bytes), lease: element.lease,
                        enqueuedAt: element.enqueuedAt, waited: max(.zero, now - element.enqueuedAt),
                        refusal: element.refusal, deadline: element.deadline))
            } catch {
                // Bytes that were a task when they were put in and are none now: somebody changed them.
                outcome.died += 1
                _ = try await fail(element.lease, reason: "unreadable: \(error)", attempts: 0)
            }
        }
    }

    // MARK: - Lost answers

    /// Finds out about cycles whose answers were lost.
    func settleCycles() async throws(QueueError) {
        for cycle in state.withLock({ $0.unsettled.cycles }) {
            // What was sent may still lie in the old connection's buffer, if the server lives on: end that first.
            let info = RedisInfo(try await perform(RedisCommand("INFO", "server"), "look into").string ?? "")
            var commands = [RedisCommand("HGET", key("receipts"), cycle.field)]
            if info["run_id"] == cycle.command.runID {
                commands.insert(RedisCommand("CLIENT", "KILL", "ID", String(cycle.command.clientID)), at: 0)
            }
            let receipt = try await perform(commands, "look into").last?.string
            let wasDone = receipt?.hasPrefix(cycle.token + " ") == true
            if wasDone { _ = try await recover(claim: cycle.token, started: []) }
            state.withLock { state in
                if state.unsettled.settle(cycle, receipt: receipt) { state.freeReceipts.append(cycle.receipt) }
            }
        }
    }

    public func recoverOwnLeases(_ remains: WorkerRemains) async throws(QueueError) -> RecoveredLeases {
        var recovered = RecoveredLeases()
        for piece in remains.journaled.pieces(of: Self.batch) {
            var command = command(.settle)
            command.append(owner)
            for result in piece {
                command.append(CollectionOfOne(result.lease))
                command.append(result.taskID)
            }
            let reply = try await perform(command, "settle results in")
            recovered.acknowledged += reply.count(0)
            recovered.lost += reply.array.last?.leases ?? []
        }
        (recovered.returned, recovered.died) = try await recover(claim: "", started: remains.started)
        metrics.reaped.increment(by: recovered.returned + recovered.died)
        return recovered
    }

    /// - Parameter started: the leases whose attempts count; nil: all.
    private func recover(
        claim: String, started: Set<ClaimedTask.Lease>?
    ) async throws(QueueError) -> (returned: Int, died: Int) {
        var command = command(.recover)
        command.append(owner)
        command.append(claim)
        command.append(configuration.maxAttempts)
        command.append(configuration.maxDeadLetters)
        command.append("worker \(owner) ended without a result")
        command.append(started == nil ? 0 : 1)
        command.append(Array(started ?? []))
        let reply = try await perform(command, "take tasks back in")
        record(died: reply.count(1), dropped: reply.count(2))
        return (reply.count(0), reply.count(1))
    }

    // MARK: - Leases

    public func extend(_ leases: [ClaimedTask.Lease]) async throws(QueueError) -> [ClaimedTask.Lease] {
        var lost: [ClaimedTask.Lease] = []
        for piece in leases.pieces(of: Self.batch) {
            var command = command(.extend)
            command.append(owner)
            command.append(configuration.leaseDuration.wholeMilliseconds)
            command.append(piece)
            lost += try await perform(command, "renew leases of").leases
        }
        return lost
    }

    public func giveBack(_ leases: [ClaimedTask.Lease]) async throws(QueueError) {
        for piece in leases.pieces(of: Self.batch) {
            var command = command(.giveBack)
            command.append(owner)
            command.append(piece)
            try await perform(command, "give tasks back to")
        }
    }

    public func fail(_ lease: ClaimedTask.Lease, reason: String) async throws(QueueError) -> FailOutcome {
        try await fail(lease, reason: reason, attempts: configuration.maxAttempts)
    }

    private func fail(
        _ lease: ClaimedTask.Lease, reason: String, attempts: Int
    ) async throws(QueueError) -> FailOutcome {
        var command = command(.fail)
        command.append(owner)
        command.append(CollectionOfOne(lease))
        command.append(retryDelay(attempt: lease.attempt).wholeMilliseconds)
        command.append(attempts)
        command.append(configuration.maxDeadLetters)
        command.append(Self.shortened(reason))
        let reply = try await perform(command, "record a failure in")
        switch reply.array.first?.string {
        case "r":
            metrics.retried.increment()
            return .retry(at: UnixTime(milliseconds: Int64(reply.count(1))))
        case "d":
            record(died: 1, dropped: reply.count(1))
            return .dead
        default: return .lost
        }
    }

    /// A reason may be the whole answer of an engine.
    static func shortened(_ reason: String) -> String {
        String(reason.prefix(2_000))
    }
}

extension QueueElement {
    fileprivate var refusal: ClaimedTask.Refusal? {
        switch state {
        case .waiting: nil
        case .superseded: .superseded
        case .expired: .expired
        }
    }
}
