import RiderModel
import RiderQueue

/// Puts tasks into a queue and waits for room when it is told to.
struct Enqueuer<Time: Clock> where Time.Duration == Duration {
    let queue: any TaskQueue
    /// How long to wait for room altogether; nil means not at all, zero or less means no longer.
    var patience: Duration?
    var clock: Time
    /// Called before each wait with the number of tasks that wait for room.
    var onWait: (Int) -> Void = { _ in }

    /// Pauses between tries while the queue is full. A queue has no signal for room.
    private static var pauses: [Duration] {
        [.milliseconds(20), .milliseconds(50), .milliseconds(100), .milliseconds(250)]
    }

    /// - Returns: one outcome per task; `full` only when there was no more patience.
    mutating func put(_ tasks: [NewTask]) async throws -> [EnqueueOutcome] {
        var outcomes = try await queue.enqueue(tasks)
        var tries = 0
        while true {
            let waiting = outcomes.indices.filter { outcomes[$0].isFull }
            guard !waiting.isEmpty, let patience, patience > .zero else { return outcomes }
            onWait(waiting.count)
            let pause = min(Self.pauses[min(tries, Self.pauses.count - 1)], patience)
            let start = clock.now
            try await clock.sleep(for: pause)
            tries += 1
            let again = try await queue.enqueue(waiting.map { tasks[$0] })
            for (index, outcome) in zip(waiting, again) { outcomes[index] = outcome }
            self.patience = patience - start.duration(to: clock.now)
        }
    }
}

extension EnqueueOutcome {
    var isFull: Bool {
        if case .full = self { true } else { false }
    }
}
