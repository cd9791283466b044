import Synchronization

/// The waiters of one queue: as many as ever waited at the same time.
final class RedisWaiterPool: Sendable {
    private let idle = Mutex<[RedisWaiter]>([])
    private let make: @Sendable () -> RedisWaiter

    init(make: @escaping @Sendable () -> RedisWaiter) {
        self.make = make
    }

    func take() -> RedisWaiter {
        idle.withLock { $0.popLast() } ?? make()
    }

    func give(_ waiter: RedisWaiter) {
        idle.withLock { $0.append(waiter) }
    }
}
