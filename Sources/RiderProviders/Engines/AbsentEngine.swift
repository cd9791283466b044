import RiderModel

/// Stands where no engine is configured: every task is refused with a reason, none is answered with an invention.
struct AbsentEngine: Engine {
    let taskType: TaskType
    let name: String
    /// What is missing and how to get it.
    let reason: String
    /// Checks the payload first, so that the caller's mistakes are named even without an engine.
    var check: @Sendable (ClaimedTask) throws -> Void

    init(
        taskType: TaskType, name: String, reason: String,
        check: @escaping @Sendable (ClaimedTask) throws -> Void = { _ in }
    ) {
        self.taskType = taskType
        self.name = name
        self.reason = reason
        self.check = check
    }

    /// For an empty list of engines.
    ///
    /// - Parameter key: of the list.
    init(_ taskType: TaskType, _ key: String, check: @escaping @Sendable (ClaimedTask) throws -> Void) {
        self.init(
            taskType: taskType, name: "", reason: "No engine for \(taskType.rawValue): \(key) is empty", check: check)
    }

    var kind: EngineKind { .builtin }

    func status() async -> EngineStatus { missing(reason) }

    func perform(_ task: ClaimedTask) async throws -> TaskResult {
        try check(task)
        throw EngineError.absent(reason)
    }
}
