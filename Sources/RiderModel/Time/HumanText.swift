/// Numbers and times as tables show them to people.
public enum HumanText {
    /// `1,234,567`
    public static func count(_ number: some BinaryInteger) -> String {
        var digits = Array(String(number.magnitude))
        var index = digits.count - 3
        while index > 0 {
            digits.insert(",", at: index)
            index -= 3
        }
        return (number < 0 ? "-" : "") + String(digits)
    }

    /// `512 B`, `1.5 KiB`, `2 GiB`.
    public static func bytes(_ count: Int64) -> String {
        if count.magnitude < 1024 { return "\(count) B" }
        var value = Double(count)
        for unit in ["KiB", "MiB", "GiB", "TiB", "PiB"] {
            value /= 1024
            // What would be rounded up to 1024 belongs to the next unit.
            if value.magnitude < 1023.95 { return "\(tenths(value)) \(unit)" }
        }
        return "\(tenths(value / 1024)) EiB"
    }

    /// The two largest units that say something: `250 ms`, `1.5 s`, `2 h 3 min`, `4 d`.
    public static func duration(_ duration: Duration) -> String {
        let milliseconds = duration.wholeMilliseconds
        let sign = milliseconds < 0 ? "-" : ""
        let magnitude = milliseconds.magnitude
        if magnitude < 1000 { return "\(sign)\(magnitude) ms" }
        if magnitude < 59_950 { return sign + tenths(Double(magnitude) / 1000) + " s" }
        var rest = (magnitude / 500 + 1) / 2
        var parts: [String] = []
        for (unit, seconds) in [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)] as [(String, UInt64)] {
            let count = rest / seconds
            rest %= seconds
            if count > 0 { parts.append("\(count) \(unit)") }
            if parts.count == 2 || (count == 0 && !parts.isEmpty) { break }
        }
        return sign + parts.joined(separator: " ")
    }

    /// `2026-11-24 10:00:00`, as clocks show it in the zone.
    public static func time(_ time: UnixTime, zone: TimeZoneRules = .local) -> String {
        let civil = zone.civil(at: time)
        return "\(date(civil)) \(timeOfDay(civil))"
    }

    /// `2026-11-24T10:00:00.125Z`: for files and other programs. It can be read back as a ``TimeExpression``.
    public static func iso8601(_ time: UnixTime) -> String {
        let civil = CivilTime(utc: time)
        return "\(date(civil))T\(timeOfDay(civil)).\(padded(civil.millisecond, 3))Z"
    }

    /// `Tue, 24 Nov 2026 10:00:00 GMT`, as headers of HTTP have it (RFC 9110, 5.6.7).
    public static func httpDate(_ time: UnixTime) -> String {
        let civil = CivilTime(utc: time)
        let day = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][civil.weekday]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return
            "\(day), \(padded(civil.day, 2)) \(months[civil.month - 1]) \(padded(civil.year, 4)) \(timeOfDay(civil)) GMT"
    }

    private static func date(_ civil: CivilTime) -> String {
        "\(padded(civil.year, 4))-\(padded(civil.month, 2))-\(padded(civil.day, 2))"
    }

    private static func timeOfDay(_ civil: CivilTime) -> String {
        "\(padded(civil.hour, 2)):\(padded(civil.minute, 2)):\(padded(civil.second, 2))"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// One digit behind the point, none when it would be 0.
    private static func tenths(_ value: Double) -> String {
        let tenths = Int64((value * 10).rounded())
        let fraction = (tenths % 10).magnitude
        let whole = "\(value < 0 ? "-" : "")\((tenths / 10).magnitude)"
        return fraction == 0 ? whole : "\(whole).\(fraction)"
    }
}
