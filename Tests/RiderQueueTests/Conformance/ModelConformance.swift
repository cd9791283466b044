import RiderModel
import RiderQueue
import TestSupport
import Testing

extension QueueConformance {
    /// Random operations of two workers, compared with ``QueueModel`` after every step.
    @Suite struct Model {
        /// Strict levels with the odd seeds, aging with the even ones.
        @Test(arguments: QueueBackend.all, [UInt64(1), 2, 3, 4, 5, 6, 7, 8])
        func aQueueDoesWhatTheModelDoes(_ backend: QueueBackend, seed: UInt64) async throws {
            let configuration = QueueConfiguration.testing.with {
                $0.maxSize = 30
                $0.maxDeadLetters = 4
                if seed % 2 == 0 { $0.aging = .milliseconds(200) }
            }
            try await backend.withStore { store in
                var run = Run(
                    store: store, model: QueueModel(configuration), random: SplitMix(seed: seed),
                    queues: [
                        "left": try await store.open("left", configuration),
                        "right": try await store.open("right", configuration),
                    ])
                for _ in 0..<700 { try await run.step() }
                try await store.audit()
            }
        }
    }

    private struct Run {
        let store: any SharedQueueStore
        var model: QueueModel
        var random: SplitMix
        let queues: [String: any TaskQueue]
        /// Every lease that was ever given, by owner: acknowledging an old one must be harmless.
        var leases: [String: [(id: String, lease: ClaimedTask.Lease)]] = [:]
        var nextID = 0

        mutating func step() async throws {
            let owner = Bool.random(using: &random) ? "left" : "right"
            let queue = try #require(queues[owner])
            let now = try await store.now()
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<35: try await enqueue(queue, now)
            case 35..<70: try await cycle(queue, owner, now)
            case 70..<78: try await fail(queue, owner, now)
            case 78..<82: try await extend(queue, owner, now)
            case 82..<87: try await giveBack(queue, owner)
            case 87..<94: try await store.advance(by: .milliseconds(Int.random(in: 1...250, using: &random)))
            case 94: try await recover(queue, owner)
            case 95: try await pauseOrResume(queue)
            case 96: #expect(try await queue.retryDeadLetters(nil) == model.retryDead(now: now))
            case 97: #expect(try await queue.dropDeadLetters(nil) == model.dropDead())
            case 98: if Int.random(in: 0..<4, using: &random) == 0 { #expect(try await queue.clear() == model.clear()) }
            default: try await store.audit()
            }
            #expect(try await queue.stats() == model.stats())
            let dead = try await queue.deadLetters(limit: 100).map(\.taskID)
            #expect(dead == model.dead.reversed().map(\.id))
        }

        private mutating func enqueue(_ queue: any TaskQueue, _ now: UnixTime) async throws {
            var batch: [NewTask] = []
            for _ in 0..<Int.random(in: 1...5, using: &random) {
                let type = TaskType.allCases.randomElement(using: &random) ?? .textNLU
                let isFrame = type == .visionFrame
                // Sometimes an id that was used before.
                let isNew = Int.random(in: 0..<8, using: &random) > 0
                if isNew { nextID += 1 }
                let id = isNew ? nextID : Int.random(in: 0...nextID, using: &random)
                let expires: Duration? =
                    Int.random(in: 0..<4, using: &random) == 0
                    ? .milliseconds(Int.random(in: 1...400, using: &random)) : nil
                batch.append(
                    try task(
                        "t\(id)", type, Int.random(in: 1...10, using: &random), expiresIn: expires,
                        newestWins: isFrame ? Int.random(in: 1...3, using: &random) : nil))
            }
            let expected = batch.map { model.enqueue($0, now: now) }
            #expect(try await queue.enqueue(batch) == expected)
        }

        private mutating func cycle(_ queue: any TaskQueue, _ owner: String, _ now: UnixTime) async throws {
            let finished = chosen(owner, upTo: 6)
            var request = ClaimRequest(capacity: [:], limit: Int.random(in: 0...8, using: &random))
            for domain in Domain.allCases where Int.random(in: 0..<4, using: &random) > 0 {
                request.capacity[domain] = Int.random(in: 0...4, using: &random)
            }
            let outcome = try await queue.cycle(acknowledging: finished.map(\.lease), claiming: request)
            let expected = model.cycle(
                owner: owner, acknowledging: finished.map { ($0.id, $0.lease.attempt) }, claiming: request, now: now)
            let names = Dictionary(finished.map { ($0.lease, $0.id) }, uniquingKeysWith: { first, _ in first })
            #expect(
                QueueModel.Outcome(
                    tasks: outcome.tasks.map { task in
                        let refusal = task.refusal.map { $0 == .expired ? "expired" : "superseded" } ?? "run"
                        return "\(task.envelope.id) \(task.attempt) \(refusal)"
                    },
                    lost: outcome.lost.compactMap { names[$0] }, reaped: outcome.reaped, died: outcome.died)
                    == expected)
            for task in outcome.tasks { model.learn(task.lease.position, of: task.envelope.id) }
            leases[owner, default: []] += outcome.tasks.map { ($0.envelope.id, $0.lease) }
        }

        private mutating func fail(_ queue: any TaskQueue, _ owner: String, _ now: UnixTime) async throws {
            for (id, lease) in chosen(owner, upTo: 1) {
                let expected = model.fail(id, lease.attempt, by: owner, fraction: 1, now: now)
                #expect(try await queue.fail(lease, reason: "test") == expected)
            }
        }

        private mutating func recover(_ queue: any TaskQueue, _ owner: String) async throws {
            let journaled = chosen(owner, upTo: 6).map { WorkerRemains.JournaledResult(taskID: $0.id, lease: $0.lease) }
            let isKnown = Bool.random(using: &random)
            let started = isKnown ? Set((leases[owner] ?? []).suffix(6).map(\.lease)) : nil
            let remains = WorkerRemains(journaled: journaled, started: started)
            #expect(try await queue.recoverOwnLeases(remains) == model.recover(owner: owner, remains))
        }

        private mutating func pauseOrResume(_ queue: any TaskQueue) async throws {
            let domain = Domain.allCases.randomElement(using: &random) ?? .text
            if model.paused.remove(domain) != nil {
                try await queue.resume([domain])
            } else {
                model.paused.insert(domain)
                try await queue.pause([domain])
            }
        }

        private mutating func extend(_ queue: any TaskQueue, _ owner: String, _ now: UnixTime) async throws {
            let some = chosen(owner, upTo: 4)
            let lost = some.filter { !model.extend($0.id, $0.lease.attempt, by: owner, now: now) }
            #expect(try await queue.extend(some.map(\.lease)) == lost.map(\.lease))
        }

        private mutating func giveBack(_ queue: any TaskQueue, _ owner: String) async throws {
            let some = chosen(owner, upTo: 3)
            for (id, lease) in some { model.giveBack(id, lease.attempt, by: owner) }
            try await queue.giveBack(some.map(\.lease))
        }

        /// Some of the leases this owner was given, mostly recent ones, each once; they leave the list.
        private mutating func chosen(_ owner: String, upTo count: Int) -> [(id: String, lease: ClaimedTask.Lease)] {
            let given = leases[owner] ?? []
            // A task's id may be used again later, under another position: the model knows only ids, so leases older than
            // the task's present life are left out.
            let all = given.filter { old in given.last { $0.id == old.id }?.lease.position == old.lease.position }
            let some = all.suffix(12).shuffled(using: &random).prefix(Int.random(in: 0...count, using: &random))
            let taken = Set(some.map(\.lease))
            leases[owner] = all.filter { !taken.contains($0.lease) }
            return Array(some)
        }
    }
}
