import RiderModel

/// Makes ids for tasks that bring none: UUIDs of version 7, so that they sort by the time they were made.
///
/// Ids of one maker rise strictly, also inside a millisecond and when the clock is set back.
struct TaskIDMaker<Random: RandomNumberGenerator> {
    private let wall: @Sendable () -> UnixTime
    private var random: Random
    private var milliseconds: UInt64 = 0
    /// Twelve bits that count inside a millisecond.
    private var counter: UInt64 = 0

    init(random: Random, wall: @escaping @Sendable () -> UnixTime = TimeSource.system.wall) {
        self.random = random
        self.wall = wall
    }

    mutating func next() -> String {
        let now = UInt64(max(0, wall().milliseconds))
        if now > milliseconds {
            milliseconds = now
            // Half of the range stays free for more ids of this millisecond.
            counter = random.next() & 0x7FF
        } else if counter == 0xFFF {
            milliseconds += 1
            counter = 0
        } else {
            counter += 1
        }
        let high = milliseconds << 16 | 0x7000 | counter
        let low = random.next() >> 2 | 0x8000_0000_0000_0000
        let digits = Self.hexadecimal(high) + Self.hexadecimal(low)
        var id = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { id.append("-") }
            id.append(digit)
        }
        return id
    }

    private static func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension TaskIDMaker where Random == SystemRandomNumberGenerator {
    init() {
        self.init(random: SystemRandomNumberGenerator())
    }
}
