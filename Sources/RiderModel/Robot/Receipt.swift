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

    /// When the task stops being worth starting, in monotonic nanoseconds; nil for never. Judged by both clocks: late is safe,
    /// early is not.
    public func lateAfter(by time: TimeSource) -> UInt64? {
        func sum(_ start: UInt64, _ duration: Duration) -> UInt64 {
            let milliseconds = UInt64(clamping: max(0, duration.wholeMilliseconds))
            let (nanoseconds, isTooLong) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
            return isTooLong ? .max : start.addingReportingOverflow(nanoseconds).overflow ? .max : start + nanoseconds
        }
        let byReceipt = envelope.expiresIn.map { sum(receivedAt(by: time), $0) }
        let byDeadline = deadline.map { deadline in
            let now = time.wall()
            return deadline < now ? 0 : sum(time.monotonicNanoseconds(), deadline - now)
        }
        return [byReceipt, byDeadline].compactMap(\.self).min()
    }

    /// Whether the task is no longer worth starting, or a frame's result no longer worth telling.
    public func isLate(by time: TimeSource) -> Bool {
        lateAfter(by: time).map { $0 < time.monotonicNanoseconds() } ?? false
    }
}
