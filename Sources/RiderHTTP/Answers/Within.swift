/// Asks for something and gives up waiting after a time.
///
/// - Parameter ask: it is cancelled when the time is over and must then return soon.
/// - Returns: nil when the time was over first.
func within<Value: Sendable>(
    _ limit: Duration, ask: @escaping @Sendable () async -> Value
) async -> Value? {
    await withTaskGroup(of: Value?.self) { group in
        group.addTask { await ask() }
        group.addTask {
            try? await Task.sleep(for: limit)
            return nil
        }
        let first = await group.next() ?? nil
        group.cancelAll()
        return first
    }
}
