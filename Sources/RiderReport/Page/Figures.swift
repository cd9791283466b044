import RiderModel

/// Numbers as the page shows them: three digits that count, and a unit.
enum Figures {
    /// `0.183 ms`, `12.5 ms`, `1.5 s`, `2 min 5 s`.
    static func duration(milliseconds: Double) -> String {
        // What would be rounded up to 1000 belongs to the next unit.
        if milliseconds < 999.5 { return threeDigits(milliseconds) + " ms" }
        if milliseconds < 59_950 { return threeDigits(milliseconds / 1000) + " s" }
        return HumanText.duration(.milliseconds(Int64(milliseconds.rounded())))
    }

    static func duration(milliseconds: Int64) -> String { duration(milliseconds: Double(milliseconds)) }

    static func count(_ value: Double) -> String {
        value == value.rounded() ? HumanText.count(Int64(clampingValue: value)) : threeDigits(value)
    }

    /// `12 %`, `1.5 %`; never `0 %` of something or `100 %` of not everything.
    static func share(_ part: Int, of whole: Int) -> String {
        guard whole > 0, part > 0 else { return "0 %" }
        let percent = 100 * Double(part) / Double(whole)
        if percent < 0.1 { return "< 0.1 %" }
        if part < whole, percent > 99.9 { return "> 99.9 %" }
        return threeDigits(percent, mostDecimals: 1) + " %"
    }

    /// `1 task`, `2 tasks`.
    static func counted(_ count: Int, _ noun: String) -> String {
        "\(HumanText.count(count)) \(noun)\(count == 1 ? "" : "s")"
    }

    private static func threeDigits(_ value: Double, mostDecimals: Int = 3) -> String {
        let decimals = min(mostDecimals, value >= 99.95 ? 0 : value >= 9.995 ? 1 : value >= 1 ? 2 : 3)
        return decimal(value, places: decimals)
    }

    /// Rounded, without zeros behind the last digit that says something.
    static func decimal(_ value: Double, places: Int) -> String {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        let scaled = Int64(clampingValue: (value.magnitude * scale).rounded())
        var digits = String(scaled % Int64(scale))
        digits = String(repeating: "0", count: max(0, places - digits.count)) + digits
        while digits.last == "0" { digits.removeLast() }
        let sign = value < 0 && scaled != 0 ? "-" : ""
        let whole = HumanText.count(scaled / Int64(scale))
        return places == 0 || digits.isEmpty ? sign + whole : "\(sign)\(whole).\(digits)"
    }
}

extension Int64 {
    /// The nearest number that there is; 0 for none.
    fileprivate init(clampingValue value: Double) {
        self = Int64(exactly: value.rounded()) ?? (value.isNaN ? 0 : value < 0 ? .min : .max)
    }
}
