/// How fast a replay is sent, as people write it.
public enum ReplayRate: Sendable, Hashable, CustomStringConvertible {
    /// With the gaps of the original, so many times faster: `1x`, `10x`, `0.5x`.
    case speed(Double)
    /// Messages per second: `200/s`.
    case perSecond(Double)
    /// As fast as the listener takes it: `max`.
    case unlimited
    /// At most so many messages per second, fewer while the way to the broker is congested. Cannot be written.
    case adaptive(Double)

    /// - Returns: nil for anything that is none of the forms, zero and negative numbers.
    public init?(parsing text: String) {
        if text == "max" {
            self = .unlimited
        } else if text.hasSuffix("x"), let factor = Self.number(text.dropLast()) {
            self = .speed(factor)
        } else if text.hasSuffix("/s"), let rate = Self.number(text.dropLast(2)) {
            self = .perSecond(rate)
        } else {
            return nil
        }
    }

    private static func number(_ text: Substring) -> Double? {
        guard text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }), let number = Double(text),
            number >= 0.001, number <= 10_000_000
        else { return nil }
        return number
    }

    public var description: String {
        switch self {
        case .speed(let factor): "\(Self.text(factor))x"
        case .perSecond(let rate): "\(Self.text(rate))/s"
        case .unlimited: "max"
        case .adaptive(let rate): "at most \(Self.text(rate))/s"
        }
    }

    private static func text(_ number: Double) -> String {
        Int(exactly: number).map(String.init) ?? number.description
    }
}
