import RiderModel
import Synchronization

/// A time that depends on nothing but how often it was asked for: the same in every run.
enum SteadyTime {
    static func source() -> TimeSource {
        let asked = Counted()
        return TimeSource(
            wall: { UnixTime(milliseconds: 1_763_035_207_000 + Int64(asked.next() / 1000)) },
            monotonicNanoseconds: { asked.next() * 1000 })
    }

    private final class Counted: Sendable {
        private let count = Atomic<UInt64>(1)
        /// Each asking takes a microsecond.
        func next() -> UInt64 { count.wrappingAdd(1, ordering: .relaxed).newValue }
    }
}
