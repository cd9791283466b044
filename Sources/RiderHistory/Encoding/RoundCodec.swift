/// What changed from one round to the next, as bytes: the row that makes a round safe from a kill at once.
enum RoundCodec {
    struct Change: Hashable {
        var series: Int64
        var value: Double
        /// In the round before; 0 for a series that was not there, and everywhere in the first row of a chunk.
        var previous: Double
    }

    private static let largestWhole = 9_007_199_254_740_992.0

    /// - Parameter changes: in the order of their series.
    static func encode(_ changes: [Change]) -> [UInt8] {
        var writer = ByteWriter()
        writer.varint(UInt64(changes.count))
        var last: Int64 = 0
        for change in changes {
            writer.varint(UInt64(change.series - last))
            last = change.series
            if let value = whole(change.value), let previous = whole(change.previous) {
                // The lowest bit tells the two forms apart.
                let difference = value - previous
                writer.varint(UInt64(bitPattern: (difference << 1) ^ (difference >> 63)) << 1)
            } else {
                writer.varint(1)
                writer.word(change.value.bitPattern)
            }
        }
        return writer.bytes
    }

    private static func whole(_ value: Double) -> Int64? {
        guard value.magnitude < largestWhole, let number = Int64(exactly: value), value.sign == .plus || number != 0
        else { return nil }
        return number
    }

    /// - Parameters:
    ///   - previous: a series' value in the round before.
    ///   - take: gets each change.
    static func decode(
        _ bytes: UnsafeRawBufferPointer, previous: (_ series: Int64) -> Double,
        take: (_ series: Int64, _ value: Double) -> Void
    ) throws {
        var reader = ByteReader(bytes)
        let count = try reader.count(atMost: bytes.count)
        var series: Int64 = 0
        for _ in 0..<count {
            series += Int64(try reader.count(atMost: SampleSeries.largestID))
            let form = try reader.varint()
            if form & 1 == 1 {
                take(series, Double(bitPattern: try reader.word()))
            } else {
                let folded = form >> 1
                let difference = Int64(bitPattern: folded >> 1) ^ -Int64(bitPattern: folded & 1)
                let before = previous(series)
                guard let whole = whole(before) else { throw DamagedBytes(reason: "a difference from no whole number") }
                take(series, Double(whole &+ difference))
            }
        }
    }
}
