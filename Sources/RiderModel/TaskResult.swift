/// What became of a task: the contract's result object.
public struct TaskResult: Sendable, Hashable {
    public enum Status: String, Sendable, Hashable, CaseIterable {
        case completed
        case failed
    }

    public var status: Status
    /// The result object as JSON bytes, untouched from the engine; nil is written as `null`.
    public var output: [UInt8]?
    /// Said to producers and people; nil when completed.
    public var error: String?
    /// How long a provider worked on it, in milliseconds; nil when none ran.
    public var processingMilliseconds: Double?
    /// Facts about how it was made (`model`, `engine`, …); `fallback_required` asks the robot to work locally.
    public var meta: [JSONValue.Member]

    private init(
        status: Status, output: [UInt8]?, error: String?, processingMilliseconds: Double?, meta: [JSONValue.Member]
    ) {
        self.status = status
        self.output = output
        self.error = error
        self.processingMilliseconds = processingMilliseconds
        self.meta = meta
    }

    public static func completed(_ output: [UInt8], meta: [JSONValue.Member] = []) -> TaskResult {
        TaskResult(status: .completed, output: output, error: nil, processingMilliseconds: nil, meta: meta)
    }

    public static func completed(_ output: JSONValue, meta: [JSONValue.Member] = []) -> TaskResult {
        completed(output.encoded, meta: meta)
    }

    /// - Parameter fallbackRequired: true when the robot should do this work itself for now: nothing was wrong with the task.
    public static func failed(
        _ error: String, fallbackRequired: Bool = false, meta: [JSONValue.Member] = []
    ) -> TaskResult {
        var meta = meta
        if fallbackRequired { meta.append(.init("fallback_required", true)) }
        return TaskResult(status: .failed, output: nil, error: error, processingMilliseconds: nil, meta: meta)
    }

    public var fallbackRequired: Bool {
        meta.contains { $0.key == "fallback_required" && $0.value == true }
    }

    public func taking(milliseconds: Double) -> TaskResult {
        var copy = self
        copy.processingMilliseconds = milliseconds
        return copy
    }
}
