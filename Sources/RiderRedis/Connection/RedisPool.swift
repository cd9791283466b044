import DequeModule
import RiderExecution
import Synchronization

/// Connections for commands, made one by one as callers overlap, up to a limit; beyond it callers wait in order.
final class RedisPool: Sendable {
    private struct State {
        var idle: [RedisConnection] = []
        var made = 0
        var waiting: Deque<CheckedContinuation<RedisConnection, Never>> = []
    }

    private let state = Mutex(State())
    private let limit: Int
    private let make: @Sendable () -> RedisConnection

    init(limit: Int, make: @escaping @Sendable () -> RedisConnection) {
        self.limit = max(1, limit)
        self.make = make
    }

    /// Sends commands in one go on one connection and reads their answers; errors of Redis are among the answers.
    func perform(
        _ commands: [RedisCommand], within limit: Duration? = nil
    ) async throws(RedisError) -> [RedisReply] {
        let connection = await take()
        defer { give(connection) }
        return try await connection.perform(commands, within: limit)
    }

    /// The thread of the connection that a caller who is alone is given.
    func thread() async -> ThreadExecutor {
        let connection = await take()
        defer { give(connection) }
        return connection.executor
    }

    /// Every caller holds a connection for a bounded time, so nobody waits for ever.
    private func take() async -> RedisConnection {
        let free = state.withLock { state -> RedisConnection? in
            // The one used last: the others may rest, and their sockets with them.
            if let idle = state.idle.popLast() { return idle }
            guard state.made < limit else { return nil }
            state.made += 1
            return make()
        }
        if let free { return free }
        return await withCheckedContinuation { continuation in
            let free = state.withLock { state -> RedisConnection? in
                if let idle = state.idle.popLast() { return idle }
                state.waiting.append(continuation)
                return nil
            }
            if let free { continuation.resume(returning: free) }
        }
    }

    private func give(_ connection: RedisConnection) {
        let next = state.withLock { state -> CheckedContinuation<RedisConnection, Never>? in
            if let next = state.waiting.popFirst() { return next }
            state.idle.append(connection)
            return nil
        }
        next?.resume(returning: connection)
    }
}
