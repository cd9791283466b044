/// For what never answers by itself.
///
/// - Throws: `CancellationError` once the task is cancelled, and nothing before.
public func untilCancelled() async throws {
    let (never, silent) = AsyncStream.makeStream(of: Never.self)
    defer { silent.finish() }
    for await _ in never {}
    throw CancellationError()
}
