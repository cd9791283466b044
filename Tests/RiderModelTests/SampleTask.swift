import RiderModel

/// Tasks as a worker holds them.
enum SampleTask {
    static let now = UnixTime(milliseconds: 1_763_035_207_000)

    static func claimed(
        _ envelope: TaskEnvelope, attempt: Int = 1, waited: Duration = .milliseconds(12),
        refusal: ClaimedTask.Refusal? = nil, deadline: UnixTime? = nil
    ) -> ClaimedTask {
        ClaimedTask(
            envelope: envelope, lease: .init(position: 7, attempt: attempt), enqueuedAt: now - .milliseconds(20),
            waited: waited, refusal: refusal, deadline: deadline)
    }

    static func claimed(
        id: String = "t", _ type: TaskType, payload: JSONValue = ["x": 1], meta: JSONValue? = nil,
        refusal: ClaimedTask.Refusal? = nil, deadline: UnixTime? = nil
    ) throws -> ClaimedTask {
        claimed(
            try TaskEnvelope(id: id, type: type, payload: payload.encoded, meta: meta?.encoded), refusal: refusal,
            deadline: deadline)
    }
}
