import CoreMetrics

/// Anything that a family holds one of per set of labels.
protocol Series: AnyObject, Sendable {
    var identity: SeriesIdentity { get }
    var value: SeriesValue { get }

    /// Appends the lines of the series in text format.
    func write(to text: inout ExpositionWriter)
}

/// One number. It takes updates of every kind, because the declaration decides what a family is, not the caller's choice
/// between a counter, a meter and a recorder.
protocol ScalarSeries: Series, CounterHandler, FloatingPointCounterHandler, MeterHandler, RecorderHandler {
    /// The beginning of the line, up to the value.
    var prefix: [UInt8] { get }
    var number: Double { get }
}

extension ScalarSeries {
    func write(to text: inout ExpositionWriter) {
        text.append(prefix)
        text.append(number: number)
        text.endLine()
    }

    func record(_ value: Int64) { set(value) }
    func record(_ value: Double) { set(value) }
    func reset() { set(Int64(0)) }
}
