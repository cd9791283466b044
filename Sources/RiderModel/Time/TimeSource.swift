#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Where a component takes its time from. Production uses ``system``; tests pass their own, so that none of them waits.
public struct TimeSource: Sendable {
    /// Wall-clock time, which may jump: for stamps that people and other machines read.
    public var wall: @Sendable () -> UnixTime
    /// Nanoseconds of a clock that only moves forward, also while the machine sleeps: for ages, deadlines and durations.
    public var monotonicNanoseconds: @Sendable () -> UInt64
    /// Names the run of the monotonic clock: times of different runs, such as those of two machines, say nothing about each
    /// other.
    public var clockRun: String

    public init(
        wall: @escaping @Sendable () -> UnixTime, monotonicNanoseconds: @escaping @Sendable () -> UInt64,
        clockRun: String = "this"
    ) {
        self.wall = wall
        self.monotonicNanoseconds = monotonicNanoseconds
        self.clockRun = clockRun
    }

    /// The clocks of this machine.
    public static let system = TimeSource(
        wall: { UnixTime(milliseconds: Int64(clockNanoseconds(CLOCK_REALTIME) / 1_000_000)) },
        monotonicNanoseconds: { clockNanoseconds(monotonicClock) }, clockRun: bootIdentity())

    #if canImport(Glibc)
        // CLOCK_MONOTONIC stands still in a suspended machine: what was received before would be fresh after it.
        private static let monotonicClock = CLOCK_BOOTTIME
    #else
        private static let monotonicClock = CLOCK_MONOTONIC
    #endif

    /// The kernel's name for this run of the machine; one of this process's own where there is none.
    private static func bootIdentity() -> String {
        var bytes = [UInt8](repeating: 0, count: 64)
        let file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        if file >= 0 {
            let count = read(file, &bytes, bytes.count)
            close(file)
            if count > 0 {
                let text = String(decoding: bytes[..<count], as: UTF8.self)
                let name = text.prefix { !$0.isWhitespace }
                if !name.isEmpty { return String(name) }
            }
        }
        return "process-" + String(UInt64.random(in: .min ... .max), radix: 16)
    }

    private static func clockNanoseconds(_ clock: clockid_t) -> UInt64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
