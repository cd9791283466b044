import ArgumentParser
import RiderModel

/// A length of time as people write it: `500ms`, `5s`, `10m`, `2h`, `3d`; a bare number means seconds.
struct TimeSpan: ExpressibleByArgument, Sendable, Hashable, CustomStringConvertible {
    var duration: Duration

    init(_ duration: Duration) {
        self.duration = duration
    }

    init?(argument: String) {
        let number = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let units = ["ms": 0.001, "s": 1, "": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let amount = Double(number), let unit = units[String(argument[number.endIndex...])],
            amount > 0, amount * unit < 1e10
        else { return nil }
        duration = .milliseconds(Int64((amount * unit * 1000).rounded(.up)))
    }

    var description: String {
        if self == .forever { return "for ever" }
        let milliseconds = duration.wholeMilliseconds
        if milliseconds % 1000 != 0 { return "\(milliseconds)ms" }
        let seconds = milliseconds / 1000
        for (unit, length) in [("d", 86_400), ("h", 3600), ("m", 60)] as [(String, Int64)]
        where seconds >= length && seconds % length == 0 {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }
}

extension TimeSpan {
    /// Longer than any command runs.
    static let forever = TimeSpan(.seconds(86_400 * 36_500))
}
