import Glibc

/// The upright axis of a chart.
struct ValueAxis: Sendable {
    /// Values at which there is a line, from the bottom up.
    let ticks: [Double]
    private let bottom: Double
    private let top: Double
    private let isLogarithmic: Bool

    /// From 0 to a round number that nothing exceeds.
    ///
    /// - Parameter wholeTicks: the values are counts.
    static func linear(upTo maximum: Double, wholeTicks: Bool = false) -> ValueAxis {
        let maximum = max(maximum, wholeTicks ? 1 : .leastNormalMagnitude)
        let rough = maximum / 4
        let power = pow(10, floor(log10(rough)))
        var step = [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999_999 } ?? 10 * power
        if wholeTicks { step = max(1, step.rounded(.up)) }
        let count = Int((maximum / step - 1e-9).rounded(.up))
        return ValueAxis(
            ticks: (0...max(1, count)).map { Double($0) * step }, bottom: 0, top: Double(max(1, count)) * step,
            isLogarithmic: false)
    }

    /// Powers of ten around the values, which must be positive.
    static func logarithmic(from minimum: Double, upTo maximum: Double) -> ValueAxis {
        let low = Int(floor(log10(minimum)))
        let high = max(low + 1, Int(ceil(log10(maximum))))
        return ValueAxis(
            ticks: (low...high).map { pow(10, Double($0)) }, bottom: Double(low), top: Double(high), isLogarithmic: true
        )
    }

    /// For durations: powers of ten when small and large ones would not fit on one straight scale.
    static func durations(_ values: [Double]) -> ValueAxis {
        let positive = values.filter { $0 > 0 }
        guard let minimum = positive.min(), let maximum = positive.max(), maximum > 50 * minimum else {
            return .linear(upTo: values.max() ?? 1)
        }
        // Below a thousandth of the largest there is nothing to see.
        return .logarithmic(from: max(minimum, maximum / 1e6), upTo: maximum)
    }

    /// Between 0 at the bottom and 1 at the top.
    func position(of value: Double) -> Double {
        let value = isLogarithmic ? (value > 0 ? log10(value) : bottom) : value
        return min(1, max(0, (value - bottom) / (top - bottom)))
    }
}
