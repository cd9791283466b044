/// The moment at which a message of the robot arrived at this machine. It travels in the `meta` of the task that was made
/// of the message, so that whoever finishes the task knows how old its input is.
///
/// The robot's stamps are of no use for that, as its clock is not ours; nor is our wall clock, which jumps.
public struct Receipt: Sendable, Hashable {
    /// The member of a task's `meta`.
    public static let key = "received"

    /// Monotonic nanoseconds.
    public var nanoseconds: UInt64
    /// The run of the monotonic clock that counted them: ``TimeSource/clockRun``.
    public var clockRun: String

    public init(nanoseconds: UInt64, clockRun: String) {
        self.nanoseconds = nanoseconds
        self.clockRun = clockRun
    }

    /// Now.
    public init(_ time: TimeSource) {
        self.init(nanoseconds: time.monotonicNanoseconds(), clockRun: time.clockRun)
    }

    /// Reads it from a task's `meta`; nil when there is none.
    public init?(meta: ArraySlice<UInt8>) {
        guard let value = (try? JSONMembers(scanning: meta))?.value(Self.key),
            let nanoseconds = value["ns"]?.int, nanoseconds >= 0, let clockRun = value["clock"]?.string
        else { return nil }
        self.init(nanoseconds: UInt64(nanoseconds), clockRun: clockRun)
    }

    public func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.key("clock")
            writer.string(clockRun)
            writer.key("ns")
            writer.integer(nanoseconds)
        }
    }
}

extension ClaimedTask {
    /// When the input of this task arrived here, in monotonic nanoseconds: its receipt. For tasks of other producers, and
    /// those that another machine received, the time at which they were queued.
    public func receivedAt(by time: TimeSource) -> UInt64 {
        let now = time.monotonicNanoseconds()
        if let receipt = envelope.meta.flatMap(Receipt.init(meta:)), receipt.clockRun == time.clockRun {
            return min(now, receipt.nanoseconds)
        }
        let age = UInt64(clamping: (time.wall() - enqueuedAt).wholeMilliseconds)
        return now - min(now, age > .max / 1_000_000 ? .max : age * 1_000_000)
    }

    /// Whether the task is no longer worth starting, or a frame's result no longer worth telling. Judged by both clocks: late
    /// is safe, early is not.
    public func isLate(by time: TimeSource) -> Bool {
        if let deadline, deadline < time.wall() { return true }
        guard let limit = envelope.expiresIn else { return false }
        let age = time.monotonicNanoseconds() - receivedAt(by: time)
        return Duration.nanoseconds(Int64(clamping: age)) > limit
    }
}
