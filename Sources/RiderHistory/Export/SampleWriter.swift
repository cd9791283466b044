/// Writes samples in one format.
protocol SampleWriter {
    /// What was not written because the format has no way to say it, or no place for it.
    var omitted: OmittedSamples { get }

    /// Appends what a file begins with.
    mutating func begin(_ text: inout TextBuffer)

    /// Says what the next samples belong to.
    mutating func begin(_ group: ExportedGroup)

    /// Appends samples of the group.
    ///
    /// - Parameters:
    ///   - times: milliseconds, in order.
    ///   - columns: one for each output of the group, as many values as times; absent ones are none.
    /// - Returns: how many samples were written.
    mutating func write(times: ArraySlice<Int64>, columns: [ArraySlice<Double>], to text: inout TextBuffer) -> Int

    /// Appends what a file ends with.
    mutating func end(_ text: inout TextBuffer)
}

/// Samples that an export left out.
public struct OmittedSamples: Sendable, Hashable {
    /// NaN and infinity, where the format has no numbers for them.
    public var notFinite = 0
    /// Earlier than what stood before them, because the clock was set back.
    public var outOfOrder = 0
}

extension SampleWriter {
    var omitted: OmittedSamples { OmittedSamples() }
    mutating func begin(_ text: inout TextBuffer) {}
    mutating func end(_ text: inout TextBuffer) {}
}
