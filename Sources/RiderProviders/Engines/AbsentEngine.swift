import RiderModel

/// Stands where no engine is configured: every task is refused with a reason, none is answered with an invention.
struct AbsentEngine: Engine {
    let taskType: TaskType
    let name: String
    /// What is missing and how to get it.
    let reason: String
    /// Checks the payload first, so that the caller's mistakes are named even without an engine.
    var check: @Sendable (ClaimedTask) throws(EngineError) -> Void = { _ throws(EngineError) in }

    var isBuiltIn: Bool { true }

    func status() async -> EngineStatus { missing(reason) }

    func perform(_ task: ClaimedTask) async throws -> TaskResult {
        try check(task)
        throw EngineError.absent(reason)
    }
}
