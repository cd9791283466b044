/// One series' windows of a chunk: what is left of rounds, or of shorter windows, when they grow old.
struct WindowColumns {
    private(set) var counts: [Double]
    private(set) var sums: [Double]
    private(set) var minima: [Double]
    private(set) var maxima: [Double]
    private(set) var last: [Double]

    init(windows: Int) {
        let nothing = [Double](repeating: SampleValue.absent, count: windows)
        (counts, sums, minima, maxima, last) = (nothing, nothing, nothing, nothing, nothing)
    }

    /// In the order in which a block stores them.
    var all: [[Double]] { [counts, sums, minima, maxima, last] }

    /// Adds one value. What is not a number is left out: it would spoil the others.
    mutating func add(_ value: Double, to window: Int) {
        guard !value.isNaN else { return }
        merge(count: 1, sum: value, minimum: value, maximum: value, last: value, into: window)
    }

    /// Adds the point of an older chunk's columns.
    mutating func add(_ columns: [[Double]], point: Int, resolution: Resolution, to window: Int) {
        if resolution == .raw {
            add(columns[0][point], to: window)
        } else if !SampleValue.isAbsent(columns[0][point]) {
            merge(
                count: columns[0][point], sum: columns[1][point], minimum: columns[2][point],
                maximum: columns[3][point], last: columns[4][point], into: window)
        }
    }

    private mutating func merge(
        count: Double, sum: Double, minimum: Double, maximum: Double, last value: Double, into window: Int
    ) {
        if SampleValue.isAbsent(counts[window]) {
            counts[window] = count
            sums[window] = sum
            minima[window] = minimum
            maxima[window] = maximum
        } else {
            counts[window] += count
            sums[window] += sum
            minima[window] = min(minima[window], minimum)
            maxima[window] = max(maxima[window], maximum)
        }
        last[window] = value
    }
}
