/// Why an engine has no result. The text becomes the task's `error`.
enum EngineError: Error, Hashable {
    /// The task is wrong: the caller's mistake. Another engine would refuse it too, so nobody is asked to fall back.
    case payload(String)
    /// The task is right, but not for this engine: another language, another format. The next engine is asked; a circuit
    /// breaker has nothing to learn.
    case unsuited(String)
    /// Nothing is configured that could run the task. The robot falls back; a circuit breaker has nothing to learn.
    case absent(String)
    /// The engine is missing, broke, or took too long. The next engine is asked, and the circuit breaker counts it.
    case failed(String)
}
