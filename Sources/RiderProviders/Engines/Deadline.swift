/// Thrown by ``withDeadline(_:operation:)`` when the time was up first.
struct DeadlineExceeded: Error {}

/// Runs an operation and cancels it when it takes longer than `limit`. It returns when the operation has really ended.
func withDeadline<Success: Sendable>(
    _ limit: Duration, operation: @escaping @Sendable () async throws -> Success
) async throws -> Success {
    try await withThrowingTaskGroup(of: Success?.self) { group in
        group.addTask { try await operation() }
        group.addTask {
            try await Task.sleep(for: limit)
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw CancellationError() }
        guard let success = first else { throw DeadlineExceeded() }
        return success
    }
}
