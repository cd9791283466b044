/// How an engine is reached.
public enum EngineKind: String, Sendable, Hashable, CaseIterable {
    /// Part of this program: it cannot be away, so neither circuit breaker nor deadline apply to it.
    case builtin
    /// A program that is run for each task.
    case command
    /// Programs that are kept running and answer one task after the other.
    case coprocess
    /// A server.
    case http
}
