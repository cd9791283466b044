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

    /// For durations in milliseconds: equal distances for equal ratios when small and large ones would not fit on one straight
    /// scale.
    static func durations(_ values: [Double]) -> ValueAxis {
        let positive = values.filter { $0 > 0 }
        guard let minimum = positive.min(), let maximum = positive.max(), maximum > 50 * minimum else {
            return .linear(upTo: values.max() ?? 1)
        }
        let low = roundDurations.lastIndex { $0 <= minimum } ?? 0
        let high = roundDurations.firstIndex { $0 >= maximum } ?? roundDurations.count - 1
        var ticks = Array(roundDurations[low...max(high, low + 1)])
        // Every second line is enough when there are many.
        if ticks.count > 6 { ticks = ticks.indices.filter { ($0 - ticks.count + 1) % 2 == 0 }.map { ticks[$0] } }
        return ValueAxis(
            ticks: ticks, bottom: log10(roundDurations[low]), top: log10(roundDurations[max(high, low + 1)]),
            isLogarithmic: true)
    }

    /// From a microsecond to a month.
    private static let roundDurations: [Double] = [
        0.001, 0.01, 0.1, 1, 10, 100, 1e3, 1e4, 6e4, 6e5, 3.6e6, 3.6e7, 8.64e7, 8.64e8, 2.592e9,
    ]

    /// Between 0 at the bottom and 1 at the top.
    func position(of value: Double) -> Double {
        let value = isLogarithmic ? (value > 0 ? log10(value) : bottom) : value
        return min(1, max(0, (value - bottom) / (top - bottom)))
    }
}
