/// A point of wall-clock time in milliseconds since 1970, the unit of every stored and printed time.
///
/// Arithmetic stops at the ends of the range instead of trapping: times and spans come from foreign machines too.
public struct UnixTime: Sendable, Hashable, Comparable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Seconds as the robot's JSON carries them; not a number counts as 0.
    public init(seconds: Double) {
        let milliseconds = (seconds * 1000).rounded()
        self.init(
            milliseconds: Int64(exactly: milliseconds) ?? (milliseconds > 0 ? .max : milliseconds < 0 ? .min : 0))
    }

    public var seconds: Double { Double(milliseconds) / 1000 }

    public static func < (left: UnixTime, right: UnixTime) -> Bool {
        left.milliseconds < right.milliseconds
    }

    public static func + (time: UnixTime, duration: Duration) -> UnixTime {
        let (sum, overflow) = time.milliseconds.addingReportingOverflow(duration.wholeMilliseconds)
        return UnixTime(milliseconds: overflow ? (time.milliseconds > 0 ? .max : .min) : sum)
    }

    public static func - (time: UnixTime, duration: Duration) -> UnixTime {
        let (difference, overflow) = time.milliseconds.subtractingReportingOverflow(duration.wholeMilliseconds)
        return UnixTime(milliseconds: overflow ? (time.milliseconds < 0 ? .min : .max) : difference)
    }

    public static func - (left: UnixTime, right: UnixTime) -> Duration {
        let (difference, overflow) = left.milliseconds.subtractingReportingOverflow(right.milliseconds)
        return .milliseconds(overflow ? (left.milliseconds > 0 ? Int64.max : .min) : difference)
    }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero; the nearest end of the range when there are too many.
    public var wholeMilliseconds: Int64 {
        let parts = components
        let (whole, tooLarge) = parts.seconds.multipliedReportingOverflow(by: 1000)
        let (sum, overflow) = whole.addingReportingOverflow(parts.attoseconds / 1_000_000_000_000_000)
        return tooLarge || overflow ? (parts.seconds > 0 ? .max : .min) : sum
    }

    /// Seconds as a floating-point number, for metrics and messages.
    public var inSeconds: Double {
        let parts = components
        return Double(parts.seconds) + Double(parts.attoseconds) / 1e18
    }
}
