#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where a component takes its time from. Production uses ``system``; tests pass their own, so that none of them waits.
public struct TimeSource: Sendable {
    /// Wall-clock time, which may jump: for stamps that people and other machines read.
    public var wall: @Sendable () -> UnixTime
    /// Nanoseconds of a clock that only moves forward: for ages, deadlines and durations.
    public var monotonicNanoseconds: @Sendable () -> UInt64

    public init(
        wall: @escaping @Sendable () -> UnixTime, monotonicNanoseconds: @escaping @Sendable () -> UInt64
    ) {
        self.wall = wall
        self.monotonicNanoseconds = monotonicNanoseconds
    }

    /// The clocks of this machine.
    public static let system = TimeSource(
        wall: { UnixTime(milliseconds: Int64(clockNanoseconds(CLOCK_REALTIME) / 1_000_000)) },
        monotonicNanoseconds: { clockNanoseconds(CLOCK_MONOTONIC) })

    private static func clockNanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
