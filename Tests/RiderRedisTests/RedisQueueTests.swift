import Foundation
import RiderModel
import RiderQueue
import Synchronization
import Testing

@testable import RiderRedis

/// What the queue in Redis has besides the contract of all queues.
@Suite(.timeLimit(.minutes(2)))
struct RedisQueueTests {
    @Test func aProducerOnTheConnectionsThreadStaysOnItAndLetsOthersWork() async throws {
        try await withServer { server in
            let queue = server.queue(server.configuration)
            let envelopes = try (0..<3).map {
                try TaskEnvelope(id: "own-\($0)", type: .textNLU, payload: Array("{}".utf8))
            }
            try await queue.withConnectionThread {
                let thread = pthread_self()
                for envelope in envelopes {
                    #expect(try await queue.enqueue([NewTask(envelope)]) == [.queued])
                    #expect(pthread_equal(thread, pthread_self()) != 0)
                }
                #expect(try await queue.enqueue([NewTask(envelopes[0])]) == [.duplicate])
                // Two at once: one of them on another connection.
                async let first = queue.stats()
                async let second = queue.stats()
                let waiting = try await [first.waiting, second.waiting]
                #expect(waiting == [[.standard: 3], [.standard: 3]])
            }
            #expect(try await queue.claim().ids == envelopes.map(\.id))
        }
    }

    @Test func tasksOfOldProducersAreDrainedByTheirOwnPriority() async throws {
        try await withServer { server in
            let queue = server.queue(server.configuration.draining)
            for (list, id, priority) in [
                ("low", "l1", 9), ("low", "l2", 8), ("medium", "m1", 5), ("medium", "m2", 3), ("critical", "c1", 1),
                ("low", "urgent", 1),
            ] {
                try server.cli(
                    "lpush", "task_queue:priority_\(list)",
                    #"{"task_id": "\#(id)", "task_type": "text.nlu", "payload": {"text": "ą"}, "meta": {}, "priority": \#(priority)}"#
                )
            }
            let tasks = try await queue.claim()
            #expect(tasks.ids == ["c1", "urgent", "m2", "m1", "l2", "l1"])
            #expect(try await queue.acknowledge(tasks) == [])
            #expect(try server.cli("exists", "task_queue:priority_low", "task_queue:priority_critical") == "0")
        }
    }

    @Test func whatOldProducersWroteBadlyGoesToTheDeadLetters() async throws {
        try await withServer { server in
            let queue = server.queue(server.configuration.draining)
            let list = "task_queue:priority_medium"
            try server.cli("lpush", list, "not json")
            try server.cli("lpush", list, #"{"task_id":"x","task_type":"text.nlu","payload":{},"priority":11}"#)
            try server.cli("lpush", list, #"{"task_id":"a","task_type":"text.nlu","payload":{}}"#)
            try server.cli("lpush", list, #"{"task_id":"a","task_type":"text.nlu","payload":{"again":1}}"#)
            #expect(try await queue.claim().ids == ["a"])
            let reasons = try await queue.deadLetters(limit: 10).map(\.reason)
            #expect(reasons.count == 3)
            #expect(reasons[0].contains("already") && reasons[1].contains("priority") && reasons[2].contains(list))
            #expect(try server.cli("llen", list) == "0")
        }
    }

    @Test func aFullQueueLeavesOldProducersTasksWhereTheyAre() async throws {
        try await withServer { server in
            let queue = server.queue(
                server.configuration.draining, QueueConfiguration.testing.with { $0.maxSize = 2 })
            for index in 0..<5 {
                try server.cli(
                    "lpush", "task_queue:priority_high",
                    #"{"task_id":"t\#(index)","task_type":"text.nlu","payload":{}}"#)
            }
            var seen: [String] = []
            for _ in 0..<3 {
                try await queue.waitForWork(in: [.text])
                let tasks = try await queue.claim()
                seen += tasks.ids
                #expect(try await queue.acknowledge(tasks) == [])
            }
            #expect(seen == ["t0", "t1", "t2", "t3", "t4"])
        }
    }

    @Test func anOldProducersTaskEndsAWaitAtOnce() async throws {
        try await withServer { server in
            // The blocking call itself outlasts the test.
            var configuration = server.configuration.draining
            configuration.blockTime = .seconds(3600)
            let queue = server.queue(
                configuration, QueueConfiguration().with { $0.leaseDuration = .seconds(3600) })
            for round in 0..<5 {
                async let waiting: Void = queue.waitForWork(in: [.text])
                try await server.untilBlocked(1)
                try server.cli(
                    "lpush", "task_queue:priority_low",
                    #"{"task_id":"t\#(round)","task_type":"text.nlu","payload":{}}"#)
                try await waiting
                #expect(try await queue.acknowledge(try await queue.claim()) == [])
            }
        }
    }

    @Test func severalWaitersAreWokenOneAfterTheOther() async throws {
        try await withServer { server in
            let waiters = (0..<4).map { server.queue(owner: "w\($0)") }
            let producer = server.queue(owner: "producer")
            try await withThrowingTaskGroup(of: [String].self) { group in
                for waiter in waiters {
                    group.addTask {
                        while true {
                            try await waiter.waitForWork(in: [.text])
                            let tasks = try await waiter.claim(1)
                            if !tasks.isEmpty { return tasks.ids }
                        }
                    }
                }
                try await server.untilBlocked(4)
                // One wake-up; each claim that leaves something passes it on.
                _ = try await producer.enqueue(try (0..<4).map { try task("t\($0)") })
                var ids: [String] = []
                for try await some in group { ids += some }
                #expect(Set(ids) == ["t0", "t1", "t2", "t3"])
            }
        }
    }

    @Test func aCancelledWaitLeavesNoBlockedCallAndTakesNoWakeUp() async throws {
        try await withServer { server in
            let cancelled = server.queue(owner: "cancelled")
            let other = server.queue(owner: "other")
            for round in 0..<30 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try? await cancelled.waitForWork(in: [.text]) }
                    if round % 2 == 0 { try await server.untilBlocked(1) }
                    group.addTask { try await other.put("t\(round)") }
                    group.cancelAll()
                    try await group.waitForAll()
                }
                try await other.waitForWork(in: [.text])
                let tasks = try await other.claim()
                #expect(try await other.acknowledge(tasks) == [])
            }
            try await server.untilBlocked(0)
        }
    }

    @Test func aClaimLiesInRedisUntilAPushAndSurvivesTheLossOfItsScript() async throws {
        try await withServer { server in
            let worker = server.queue()
            let producer = server.queue(owner: "producer")
            for round in 0..<6 {
                async let outcome = worker.claimWhenReady(.up(to: 9))
                try await server.untilBlocked(1)
                if round % 2 == 1 { try server.cli("script", "flush") }
                let calls = try server.calls(of: "evalsha")
                try await producer.put("t\(round)")
                let tasks = try await outcome.tasks
                #expect(tasks.ids == ["t\(round)"])
                if round % 2 == 0 {
                    // The push and the claim, and no look between them.
                    let more = try server.calls(of: "evalsha") - calls
                    #expect(more == 2)
                }
                #expect(try await worker.acknowledge(tasks) == [])
            }
        }
    }

    @Test func aCancelledClaimLeavesNoBlockedCall() async throws {
        try await withServer { server in
            let queue = server.queue()
            for _ in 0..<10 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { _ = try await queue.claimWhenReady(.up(to: 9)) }
                    try await server.untilBlocked(1)
                    group.cancelAll()
                    // Redis carries out what lies behind the call; nothing was there.
                    try await group.waitForAll()
                }
            }
            try await server.untilBlocked(0)
            #expect(try server.cli("hlen", "{rider}:tasks") == "0")
        }
    }

    @Test func aWaitingClaimTakesTheTasksOfOldProducers() async throws {
        try await withServer { server in
            let queue = server.queue(server.configuration.draining)
            for round in 0..<3 {
                async let outcome = {
                    while true {
                        let tasks = try await queue.claimWhenReady(.up(to: 9)).tasks
                        if !tasks.isEmpty { return tasks }
                    }
                }()
                try await server.untilBlocked(1)
                try server.cli(
                    "lpush", "task_queue:priority_low",
                    #"{"task_id":"t\#(round)","task_type":"text.nlu","payload":{}}"#)
                let tasks = try await outcome
                #expect(tasks.ids == ["t\(round)"])
                #expect(try await queue.acknowledge(tasks) == [])
            }
        }
    }

    @Test func largeCallsAreSplitAndStayInOrder() async throws {
        try await withServer { server in
            let queue = server.queue()
            let ids = (0..<1_000).map { "t\($0)" }
            #expect(try await queue.enqueue(try ids.map { try task($0) }).allSatisfy { $0 == .queued })
            let tasks = try await queue.claim(1_000)
            #expect(tasks.ids == ids)
            #expect(try await queue.extend(tasks.map(\.lease)) == [])
            #expect(try await queue.acknowledge(tasks) == [])
            #expect(try await queue.acknowledge(tasks).count == 1_000)
        }
    }

    @Test func workersWhoseConnectionsAreCutLoseAndDoubleNothing() async throws {
        try await withServer { server in
            let total = 5_000
            // All at once: a producer that repeats a call without an answer may put in a task that is finished already.
            let tasks = try (0..<total).map { try task("t\($0)", .textNLU, 1 + $0 % 10) }
            #expect(try await server.queue().enqueue(tasks).allSatisfy { $0 == .queued })
            let done = FinishedTasks()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<4 {
                    let queue = server.queue(server.configuration, owner: "w\(worker)")
                    group.addTask {
                        var finished: [ClaimedTask] = []
                        while done.count < total || !finished.isEmpty {
                            do {
                                let outcome = try await queue.cycle(
                                    acknowledging: finished.map(\.lease), claiming: .up(to: 16))
                                let lost = Set(outcome.lost)
                                done.add(finished.filter { !lost.contains($0.lease) }.ids)
                                finished = outcome.tasks
                                if finished.isEmpty, done.count < total {
                                    // Its connection may be cut as well.
                                    try? await queue.waitForWork(in: [.text])
                                }
                            } catch is QueueError {
                                try await Task.sleep(for: queue.availability.pause)
                            }
                        }
                        // Those who wait for the last tasks of others.
                        _ = try? server.cli("zadd", "{rider}:wake:text", "0", "look")
                    }
                }
                group.addTask {
                    while done.count < total {
                        try server.cli("client", "kill", "type", "normal")
                        await Task.yield()
                    }
                }
                try await group.waitForAll()
            }
            let counts = done.counts
            #expect(counts.count == total)
            #expect(counts.values.allSatisfy { $0 == 1 })
            #expect(try server.cli("hlen", "{rider}:tasks") == "0")
        }
    }
}

extension RedisConfiguration {
    /// With the lists of old producers.
    var draining: RedisConfiguration {
        var copy = self
        copy.legacyLists = true
        return copy
    }
}

/// How often each task was acknowledged.
private final class FinishedTasks: Sendable {
    private let state = Mutex<[String: Int]>([:])

    var counts: [String: Int] { state.withLock { $0 } }
    var count: Int { state.withLock(\.count) }

    func add(_ ids: [String]) {
        state.withLock { state in
            for id in ids { state[id, default: 0] += 1 }
        }
    }
}
