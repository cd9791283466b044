import RiderModel

/// Times under a chart, at round times of day.
struct TimeAxis: Sendable {
    struct Tick: Sendable {
        /// Between 0 and 1.
        let position: Double
        let label: String
        /// Stays when there is little room.
        let isMajor: Bool
    }

    private static let lengths: [Int64] = [
        5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 14_400, 21_600, 43_200, 86_400, 172_800,
        604_800,
    ]

    let ticks: [Tick]
    private let zone: TimeZoneRules
    private let showsSeconds: Bool
    private let showsDate: Bool
    private let showsTime: Bool

    init(_ span: ReportSpan, zone: TimeZoneRules) {
        let length = (span.end - span.start).wholeMilliseconds
        let spacing =
            (Self.lengths.first { length / ($0 * 1000) <= 8 } ?? (length / 8000 / 86_400 + 1) * 86_400) * 1000
        showsSeconds = spacing < 60_000 || span.stepMilliseconds < 60_000
        showsDate = length > 20 * 3_600_000
        showsTime = span.stepMilliseconds < 86_400_000
        self.zone = zone

        var ticks: [Tick] = []
        let shift = Int64(zone.offset(span.start)) * 1000
        var next = ((span.start.milliseconds + shift + spacing - 1) / spacing) * spacing - shift
        while next < span.end.milliseconds {
            let time = UnixTime(milliseconds: next)
            let civil = zone.civil(at: time)
            let isMidnight = civil.hour == 0 && civil.minute == 0 && civil.second == 0
            let label =
                isMidnight || spacing >= 86_400_000
                ? Self.day(civil) : Self.clock(civil, seconds: spacing < 60_000)
            ticks.append(
                Tick(position: span.position(of: time), label: label, isMajor: ticks.count.isMultiple(of: 2)))
            next += spacing
        }
        self.ticks = ticks
    }

    /// The beginning of a step, as tables and tooltips show it.
    func label(of time: UnixTime) -> String {
        let civil = zone.civil(at: time)
        let clock = Self.clock(civil, seconds: showsSeconds)
        if !showsTime { return Self.day(civil) }
        return showsDate ? "\(Self.day(civil)) \(clock)" : clock
    }

    private static func clock(_ civil: CivilTime, seconds: Bool) -> String {
        let minutes = "\(twoDigits(civil.hour)):\(twoDigits(civil.minute))"
        return seconds ? "\(minutes):\(twoDigits(civil.second))" : minutes
    }

    private static func day(_ civil: CivilTime) -> String {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return "\(civil.day) \(months[civil.month - 1])"
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
