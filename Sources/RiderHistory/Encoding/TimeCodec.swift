/// The times of a chunk's points in milliseconds, rising, as bytes: mostly one for each, because rounds keep their distance.
enum TimeCodec {
    static func encode(_ times: [Int64]) -> [UInt8] {
        var writer = ByteWriter()
        var (previous, step): (Int64, Int64) = (0, 0)
        for time in times {
            let next = time - previous
            writer.signedVarint(next - step)
            (previous, step) = (time, next)
        }
        return writer.bytes
    }

    static func decode(_ bytes: UnsafeRawBufferPointer, points: Int) throws -> [Int64] {
        var reader = ByteReader(bytes)
        var times: [Int64] = []
        // At least a byte for each: a wrong count cannot make this large.
        guard points <= bytes.count else { throw DamagedBytes(reason: "times cut off") }
        times.reserveCapacity(points)
        var (time, step): (Int64, Int64) = (0, 0)
        for _ in 0..<points {
            step &+= try reader.signedVarint()
            time &+= step
            times.append(time)
        }
        return times
    }
}
