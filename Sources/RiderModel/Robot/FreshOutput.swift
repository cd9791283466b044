/// A finished task of the robot that is worth telling the robot about: completed, in time, with a result that can be read.
struct FreshOutput {
    let task: ClaimedTask
    let result: TaskResult
    let now: UnixTime
    /// The result object.
    let value: JSONValue
    /// The task's meta object.
    let taskMeta: JSONValue

    /// - Returns: nil when the robot is better told nothing.
    init?(task: ClaimedTask, result: TaskResult, now: UnixTime) {
        guard result.status == .completed, task.refusal == nil, let output = result.output,
            let value = try? JSONValue(parsing: output), value.members != nil,
            let meta = task.envelope.meta, let taskMeta = try? JSONValue(parsing: meta)
        else { return nil }
        // A frame is late when its deadline has passed; speech only has to be started in time.
        if task.envelope.type == .visionFrame, let deadline = task.deadline, now > deadline { return nil }
        self.task = task
        self.result = result
        self.now = now
        self.value = value
        self.taskMeta = taskMeta
    }

    /// The bus topic that the task was made from; nil for tasks of other producers, which the robot did not ask for.
    var sourceTopic: String? { taskMeta["source_topic"]?.string.flatMap { $0.isEmpty ? nil : $0 } }

    /// The frame's id as text, whichever type it was sent with.
    var frameID: String {
        Self.text(value["frame_id"]) ?? Self.text(taskMeta["frame_id"]) ?? task.envelope.id
    }

    /// The frame's time in seconds when it is a number that can be one.
    var frameTimestamp: Double? {
        for candidate in [value["timestamp"], taskMeta["timestamp"]] {
            if let seconds = candidate?.double, seconds.isFinite, seconds >= 0 { return seconds }
        }
        return nil
    }

    /// Where the task came from and how its result was made.
    ///
    /// - Parameter keys: what to copy of the task's meta besides `source_topic`, when it is there.
    func meta(_ keys: [String]) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        for key in ["source_topic"] + keys {
            if let value = taskMeta[key] { members.append(.init(key, value)) }
        }
        let taken = Set(members.map(\.key))
        var seen = taken
        return members + result.meta.filter { seen.insert($0.key).inserted }
    }

    private static func text(_ value: JSONValue?) -> String? {
        switch value {
        case .string(let text): text.isEmpty ? nil : text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        default: nil
        }
    }
}
