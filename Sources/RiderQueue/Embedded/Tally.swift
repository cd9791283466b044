import RiderModel

/// How the counts of a queue change in one transaction; written once, just before the commit.
struct Tally {
    struct Level: Hashable {
        let type: String
        let priority: Int
    }

    private(set) var waiting: [Level: Int] = [:]
    var leased = 0
    var delayed = 0
    var superseded = 0
    var dead = 0

    mutating func add(_ count: Int, waitingAt level: Level) {
        waiting[level, default: 0] += count
    }

    /// Waiting tasks of a type that this transaction added, less those it took away.
    func waiting(of type: TaskType) -> Int {
        waiting.reduce(0) { $1.key.type == type.rawValue ? $0 + $1.value : $0 }
    }
}
