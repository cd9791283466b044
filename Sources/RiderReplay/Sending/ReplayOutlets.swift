/// Where replays can be sent.
public protocol ReplayOutlets: Sendable {
    /// Whether a probe confirms what is sent there.
    ///
    /// - Parameter endpoint: nil is where live telemetry goes.
    /// - Throws: `invalid` when nothing can be sent there.
    func confirms(_ endpoint: String?) throws(ReplayRefusal) -> Bool

    /// Calls `use` with an outlet that sends there, and closes what it has opened for it.
    func withOutlet(
        _ endpoint: String?, _ use: @escaping @Sendable (any ReplayOutlet) async throws -> ReplayEnding
    ) async throws -> ReplayEnding
}
