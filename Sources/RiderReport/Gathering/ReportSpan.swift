import RiderModel

/// The span of time that a report is about, cut into steps of a length that people count in.
public struct ReportSpan: Sendable, Hashable {
    /// Seconds that a step may have; longer ones are whole weeks.
    private static let stepLengths: [Int64] = [
        1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 604_800,
    ]
    /// More would be narrower than a pixel on a telephone.
    public static let maxSteps = 150

    /// Included.
    public let since: UnixTime
    /// Not included.
    public let until: UnixTime
    /// Length of a step in milliseconds.
    public let stepMilliseconds: Int64
    /// How many steps there are; the first and the last may be in the span only in part.
    public let stepCount: Int
    /// Beginning of the first step: a round time of day, not after `since`.
    public let start: UnixTime

    /// - Parameters:
    ///   - until: later than `since`, or the span is taken to be a second long.
    ///   - zone: in which steps of an hour or a day begin at round times.
    public init(since: UnixTime, until: UnixTime, zone: TimeZoneRules = .local) {
        let until = max(until, since + .seconds(1))
        let seconds = ((until - since).wholeMilliseconds + 999) / 1000
        func fits(_ length: Int64) -> Bool { seconds / length + 2 <= Self.maxSteps }
        let week: Int64 = 604_800
        let length =
            Self.stepLengths.first(where: fits) ?? week * (seconds / (week * Int64(Self.maxSteps - 2)) + 1)
        let step = length * 1000
        let shift = Int64(zone.offset(since)) * 1000
        let local = since.milliseconds + shift
        let start = local - (local % step + step) % step - shift

        self.since = since
        self.until = until
        stepMilliseconds = step
        stepCount = Int((until.milliseconds - start + step - 1) / step)
        self.start = UnixTime(milliseconds: start)
    }

    public var duration: Duration { until - since }

    /// Whether a moment is in the span.
    public func contains(_ time: UnixTime) -> Bool { since <= time && time < until }

    /// The step in which a moment of the span lies; nil outside the span.
    public func step(of time: UnixTime) -> Int? {
        guard contains(time) else { return nil }
        return Int((time.milliseconds - start.milliseconds) / stepMilliseconds)
    }

    /// When a step begins; the first one may begin before the span.
    public func beginning(ofStep step: Int) -> UnixTime {
        UnixTime(milliseconds: start.milliseconds + Int64(step) * stepMilliseconds)
    }

    /// End of the last step.
    var end: UnixTime { beginning(ofStep: stepCount) }

    /// Where a moment is between the beginning of the first step (0) and the end of the last one (1).
    func position(of time: UnixTime) -> Double {
        let position =
            Double(time.milliseconds - start.milliseconds) / Double(Int64(stepCount) * stepMilliseconds)
        return min(1, max(0, position))
    }
}
