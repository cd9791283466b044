import RiderModel

/// Text on its way out, as bytes.
struct TextBuffer {
    var bytes: [UInt8] = []
    /// The day whose date is in `date`.
    private var day = Int64.min
    private var date: [UInt8] = []

    private static let dayLength: Int64 = 86_400_000

    mutating func append(_ text: [UInt8]) { bytes.append(contentsOf: text) }
    mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
    mutating func append(_ byte: Unicode.Scalar) { bytes.append(UInt8(ascii: byte)) }

    mutating func append(integer value: Int64) {
        if value < 0 { append("-") }
        append(digits: value.magnitude)
    }

    private mutating func append(digits value: UInt64) {
        if value < 10 {
            bytes.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value))
            return
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var rest = value
            var index = 20
            repeat {
                index -= 1
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                digits[index] = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: digit)
                rest = quotient
            } while rest > 0
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[index..<20]))
        }
    }

    /// At least so many digits.
    private mutating func append(padded value: Int64, _ width: Int) {
        var power: Int64 = 1
        for _ in 1..<width { power *= 10 }
        while power > 0 {
            bytes.append(UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: value / power % 10))
            power /= 10
        }
    }

    /// The shortest text that reads back as the same number; `NaN`, `+Inf`, `-Inf`.
    mutating func append(number value: Double) {
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53, whole != 0 || value.sign == .plus {
            append(integer: whole)
        } else if value.isFinite {
            append(value.description)
        } else {
            append(value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf")
        }
    }

    /// `1763035200.125`
    mutating func append(seconds milliseconds: Int64) {
        if milliseconds < 0 { append("-") }
        let magnitude = milliseconds.magnitude
        append(digits: magnitude / 1000)
        append(".")
        append(padded: Int64(magnitude % 1000), 3)
    }

    /// `2026-11-24T10:00:00.125Z`
    mutating func append(iso8601 milliseconds: Int64) {
        let day = milliseconds.floored(to: Self.dayLength)
        if day != self.day {
            self.day = day
            date = Array(HumanText.iso8601(UnixTime(milliseconds: day)).utf8.prefix(11))
        }
        let rest = milliseconds - day
        append(date)
        append(padded: rest / 3_600_000, 2)
        append(":")
        append(padded: rest / 60_000 % 60, 2)
        append(":")
        append(padded: rest / 1000 % 60, 2)
        append(".")
        append(padded: rest % 1000, 3)
        append("Z")
    }

    /// A field of a CSV file (RFC 4180).
    mutating func append(csv field: String) {
        guard field.utf8.contains(where: { $0 == 0x22 || $0 == 0x2C || $0 == 0x0A || $0 == 0x0D }) else {
            append(field)
            return
        }
        append("\"")
        append(field.replacing("\"", with: "\"\""))
        append("\"")
    }
}
