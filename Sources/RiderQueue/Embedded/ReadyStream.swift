import RiderModel

/// Waiting tasks that are in the order of claims among themselves.
struct ReadyStream: Hashable {
    let type: TaskType
    /// nil: all levels. When tasks rise while they wait only those of one level keep their order.
    var level: Priority?

    static func all(aging: Bool) -> [ReadyStream] {
        TaskType.allCases.flatMap { type in
            aging ? Priority.all.map { ReadyStream(type: type, level: $0) } : [ReadyStream(type: type)]
        }
    }
}
