/// A point of time as people write it on a command line.
///
/// | form | means |
/// |---|---|
/// | `250ms`, `90s`, `5m`, `2h`, `3d`, `1.5h` | so long before now |
/// | `now` | now |
/// | `2026-11-24` | the local midnight at which that day begins |
/// | `2026-11-24T10:00`, `2026-11-24T10:00:00.5` | local time |
/// | `2026-11-24T10:00:00Z`, `…+02:00` | that very moment |
/// | `1763035200`, `1763035200.125` | Unix seconds |
public enum TimeExpression: Sendable, Hashable {
    case ago(Duration)
    case at(UnixTime)

    public static let now = TimeExpression.ago(.zero)

    /// - Parameter zone: where dates and times without a zone of their own are meant.
    public init(parsing text: String, zone: TimeZoneRules = .local) throws(TimeExpressionError) {
        if text == "now" {
            self = .now
        } else if let duration = try Self.duration(text) {
            self = .ago(duration)
        } else if let time = try Self.unixSeconds(text) {
            self = .at(time)
        } else if let time = try Self.date(text, zone) {
            self = .at(time)
        } else {
            throw TimeExpressionError(text, "it is none of the known forms")
        }
    }

    public func resolved(now: UnixTime) -> UnixTime {
        switch self {
        case .ago(let duration): now - duration
        case .at(let time): time
        }
    }

    // MARK: - Forms

    /// Longer spans than this are slips of the hand: about 1,000 years.
    private static let longestMilliseconds = 3.2e13

    private static func duration(_ text: String) throws(TimeExpressionError) -> Duration? {
        // `ms` before `s`, which it ends with.
        for (unit, milliseconds) in [("ms", 1.0), ("s", 1e3), ("m", 6e4), ("h", 3.6e6), ("d", 8.64e7)] {
            guard text.hasSuffix(unit), let number = decimal(text.dropLast(unit.count)) else { continue }
            let total = number * milliseconds
            guard total <= longestMilliseconds else { throw TimeExpressionError(text, "the span is too long") }
            return .milliseconds(Int64(total.rounded()))
        }
        return nil
    }

    private static func unixSeconds(_ text: String) throws(TimeExpressionError) -> UnixTime? {
        guard let seconds = decimal(text[...]) else { return nil }
        if seconds > 1e11 {
            throw TimeExpressionError(text, "Unix time is counted in seconds; these look like milliseconds")
        }
        // 0 asks for everything; another small number is a span without its unit.
        if seconds > 0, seconds < 1e8 {
            throw TimeExpressionError(
                text, "Unix seconds that small lie before 1973, and a span needs a unit: \(text)s")
        }
        return UnixTime(seconds: seconds)
    }

    /// Digits, with a fraction perhaps: no sign, no exponent, no `inf`.
    private static func decimal(_ text: Substring) -> Double? {
        guard text.first?.isASCIIDigit == true, text.last?.isASCIIDigit == true,
            text.allSatisfy({ $0.isASCIIDigit || $0 == "." })
        else { return nil }
        return Double(text)
    }

    private static func date(_ text: String, _ zone: TimeZoneRules) throws(TimeExpressionError) -> UnixTime? {
        guard
            let match = text.wholeMatch(
                of: /(\d{4})-(\d\d)-(\d\d)(?:[Tt](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?([Zz]|[+-]\d\d:?\d\d)?)?/
                    .asciiOnlyDigits())
        else { return nil }
        let (_, year, month, day, hour, minute, second, fraction, offset) = match.output
        guard
            let civil = CivilTime(
                year: Self.integer(year), month: Self.integer(month), day: Self.integer(day), hour: Self.integer(hour),
                minute: Self.integer(minute), second: Self.integer(second),
                millisecond: Self.integer(fraction.map { "\($0)00".prefix(3) }))
        else { throw TimeExpressionError(text, "there is no such date or time of day") }
        guard let offset else { return zone.time(showing: civil) }
        guard let seconds = Self.offsetSeconds(offset) else {
            throw TimeExpressionError(text, "there is no such offset from UTC")
        }
        return civil.asUTC - .seconds(seconds)
    }

    private static func integer(_ digits: Substring?) -> Int {
        digits.flatMap { Int($0) } ?? 0
    }

    private static func offsetSeconds(_ text: Substring) -> Int? {
        if text == "Z" || text == "z" { return 0 }
        let digits = text.dropFirst().filter(\.isASCIIDigit)
        let (hours, minutes) = (integer(digits.prefix(2)), integer(digits.suffix(2)))
        guard hours <= 18, minutes < 60 else { return nil }
        return (text.first == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
    }
}

/// A text that is no ``TimeExpression``.
public struct TimeExpressionError: Error, Sendable, Hashable, CustomStringConvertible {
    public let text: String
    public let reason: String

    init(_ text: String, _ reason: String) {
        self.text = String(text.prefix(64))
        self.reason = reason
    }

    public var description: String {
        "\"\(text)\" is not a time: \(reason). Write 2h, 90s, 3d, 2026-11-24, 2026-11-24T10:00:00Z or Unix seconds"
    }
}

extension Character {
    fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
