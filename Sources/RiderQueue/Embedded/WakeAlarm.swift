import RiderModel
import Synchronization

/// Rings when the earliest moment has come that somebody asked for.
///
/// There is one sleep at a time, whoever asks: most moments are ends of leases, which are put off or forgotten before they come, and
/// a sleep for each of them would cost more than what they guard. So it may ring for a moment that matters to nobody any more.
final class WakeAlarm: Sendable {
    private let next = Mutex<UnixTime?>(nil)
    private let changed = WorkBell()

    /// Asks for a ring at `time` or, when an earlier one has been asked for, before.
    func set(_ time: UnixTime) {
        let isEarlier = next.withLock { next in
            if let next, next <= time { return false }
            next = time
            return true
        }
        if isEarlier { changed.ring() }
    }

    /// Sleeps and rings until the task is cancelled.
    func run(
        sleepingUntil sleep: @escaping @Sendable (UnixTime) async throws -> Void, ring: @Sendable () -> Void
    ) async {
        while !Task.isCancelled {
            let heard = changed.generation
            guard let time = next.withLock(\.self) else {
                await changed.wait(after: heard)
                continue
            }
            let hasCome = await withTaskGroup(of: Bool.self) { group in
                group.addTask {
                    await self.changed.wait(after: heard)
                    return false
                }
                group.addTask { (try? await sleep(time)) != nil }
                defer { group.cancelAll() }
                return await group.next() ?? false
            }
            guard hasCome, !Task.isCancelled else { continue }
            next.withLock { next in if next == time { next = nil } }
            ring()
        }
    }
}
