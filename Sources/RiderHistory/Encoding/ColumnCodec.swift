/// The values of one series in the rounds of a chunk, as bytes; every bit comes back.
///
/// Metrics are rarely random: values that do not change, whole numbers, and decimal fractions such as seconds counted in
/// nanoseconds. The first take a few bytes for a whole column, the others are stored as whole numbers, as differences or
/// differences of differences, whichever is shorter. What is neither is stored by the bytes in which neighbours differ.
enum ColumnCodec {
    private enum Form: UInt8 {
        case constant = 0
        /// Differences of whole numbers after multiplication by a power of ten.
        case differences = 1
        case secondDifferences = 2
        /// Bytes in which a value differs from the one before.
        case bits = 3
    }

    private static let powersOfTen: [Double] = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]
    /// Beyond this whole numbers are not exact, and their differences could overflow.
    private static let largestWhole = 9_007_199_254_740_992.0

    // MARK: - Encoding

    /// Appends a column; rounds before the first and after the last value cost nothing.
    static func encode(_ values: some RandomAccessCollection<Double>, to writer: inout ByteWriter) {
        let column = Array(values)
        guard let first = column.firstIndex(where: { !SampleValue.isAbsent($0) }),
            let last = column.lastIndex(where: { !SampleValue.isAbsent($0) })
        else {
            writer.varint(0)
            return
        }
        let present = column[first...last]
        writer.varint(UInt64(present.count))
        writer.varint(UInt64(first))
        let bits = present[first].bitPattern
        if present.allSatisfy({ $0.bitPattern == bits }) {
            writer.byte(Form.constant.rawValue)
            encodeConstant(present[first], to: &writer)
        } else if let (whole, exponent) = wholeNumbers(present) {
            encode(whole, exponent: exponent, to: &writer)
        } else {
            writer.byte(Form.bits.rawValue)
            encodeBits(present, to: &writer)
        }
    }

    private static func encodeConstant(_ value: Double, to writer: inout ByteWriter) {
        if let (whole, exponent) = wholeNumbers([value]) {
            writer.byte(UInt8(exponent))
            writer.signedVarint(whole[0])
        } else {
            writer.byte(0xFF)
            writer.word(value.bitPattern)
        }
    }

    /// The values as whole multiples of a power of ten; nil when no power makes all of them exact.
    private static func wholeNumbers(_ values: some Collection<Double>) -> (numbers: [Int64], exponent: Int)? {
        var exponent = 0
        for value in values {
            while whole(value, exponent) == nil {
                exponent += 1
                guard exponent < powersOfTen.count else { return nil }
            }
        }
        var numbers: [Int64] = []
        numbers.reserveCapacity(values.count)
        for value in values {
            // A larger power may be too large for an earlier value.
            guard let number = whole(value, exponent) else { return nil }
            numbers.append(number)
        }
        return (numbers, exponent)
    }

    private static func whole(_ value: Double, _ exponent: Int) -> Int64? {
        let scaled = (value * powersOfTen[exponent]).rounded()
        guard scaled.magnitude < largestWhole, (scaled / powersOfTen[exponent]).bitPattern == value.bitPattern else {
            return nil
        }
        return Int64(scaled)
    }

    private static func encode(_ numbers: [Int64], exponent: Int, to writer: inout ByteWriter) {
        let first = differences(numbers)
        let second = differences(first)
        let form = encodedLength(second) < encodedLength(first) ? Form.secondDifferences : .differences
        writer.byte(form.rawValue)
        writer.byte(UInt8(exponent))
        encodeRuns(form == .differences ? first : second, to: &writer)
    }

    /// The first number, then what is added to each for the next one.
    private static func differences(_ numbers: [Int64]) -> [Int64] {
        var previous: Int64 = 0
        return numbers.map { number in
            defer { previous = number }
            return number &- previous
        }
    }

    private static func encodedLength(_ numbers: [Int64]) -> Int {
        var length = 0
        var wasZero = false
        for number in numbers {
            if number != 0 || !wasZero { length += ByteWriter.varintLength(number) + (number == 0 ? 1 : 0) }
            wasZero = number == 0
        }
        return length
    }

    /// Numbers as they are; a zero is followed by how many more of them come.
    private static func encodeRuns(_ numbers: [Int64], to writer: inout ByteWriter) {
        var index = 0
        while index < numbers.count {
            writer.signedVarint(numbers[index])
            index += 1
            guard numbers[index - 1] == 0 else { continue }
            var end = index
            while end < numbers.count, numbers[end] == 0 { end += 1 }
            writer.varint(UInt64(end - index))
            index = end
        }
    }

    private static func encodeBits(_ values: ArraySlice<Double>, to writer: inout ByteWriter) {
        var previous: UInt64 = 0
        for value in values {
            let difference = value.bitPattern ^ previous
            previous = value.bitPattern
            guard difference != 0 else {
                writer.byte(0)
                continue
            }
            let low = difference.trailingZeroBitCount / 8
            let count = 8 - low - difference.leadingZeroBitCount / 8
            writer.byte(UInt8(low << 4 | count))
            writer.word(difference >> UInt64(8 * low), bytes: count)
        }
    }

    // MARK: - Decoding

    /// Reads a column back: as many values as the chunk has points.
    static func decode(_ reader: inout ByteReader, points: Int) throws -> [Double] {
        let count = try reader.count(atMost: points)
        let first = count == 0 ? 0 : try reader.count(atMost: points - count)
        return try [Double](unsafeUninitializedCapacity: points) { values, initialized in
            values.initialize(repeating: SampleValue.absent)
            initialized = points
            guard count > 0 else { return }
            let column = UnsafeMutableBufferPointer(rebasing: values[first..<(first + count)])
            switch Form(rawValue: try reader.byte()) {
            case .constant: column.update(repeating: try decodeConstant(&reader))
            case .differences: try decodeDifferences(&reader, into: column)
            case .secondDifferences: try decodeSecondDifferences(&reader, into: column)
            case .bits: try decodeBits(&reader, into: column)
            case nil: throw DamagedBytes(reason: "unknown form")
            }
        }
    }

    private static func power(_ exponent: UInt8) throws -> Double {
        guard powersOfTen.indices.contains(Int(exponent)) else { throw DamagedBytes(reason: "unknown power of ten") }
        return powersOfTen[Int(exponent)]
    }

    private static func decodeConstant(_ reader: inout ByteReader) throws -> Double {
        let exponent = try reader.byte()
        if exponent == 0xFF { return Double(bitPattern: try reader.word()) }
        return Double(try reader.signedVarint()) / (try power(exponent))
    }

    private static func decodeDifferences(
        _ reader: inout ByteReader, into values: UnsafeMutableBufferPointer<Double>
    ) throws {
        let power = try power(try reader.byte())
        var number: Int64 = 0
        var value = 0.0
        var index = 0
        while index < values.count {
            let difference = try reader.signedVarint()
            number &+= difference
            value = power == 1 ? Double(number) : Double(number) / power
            values[index] = value
            index += 1
            guard difference == 0 else { continue }
            for _ in 0..<(try reader.count(atMost: values.count - index)) {
                values[index] = value
                index += 1
            }
        }
    }

    private static func decodeSecondDifferences(
        _ reader: inout ByteReader, into values: UnsafeMutableBufferPointer<Double>
    ) throws {
        let power = try power(try reader.byte())
        var number: Int64 = 0
        var step: Int64 = 0
        var index = 0
        while index < values.count {
            let difference = try reader.signedVarint()
            step &+= difference
            var repeats = difference == 0 ? try reader.count(atMost: values.count - index - 1) : 0
            repeat {
                number &+= step
                values[index] = power == 1 ? Double(number) : Double(number) / power
                index += 1
                repeats -= 1
            } while repeats >= 0
        }
    }

    private static func decodeBits(
        _ reader: inout ByteReader, into values: UnsafeMutableBufferPointer<Double>
    ) throws {
        var bits: UInt64 = 0
        for index in values.indices {
            let header = try reader.byte()
            if header != 0 {
                let (low, count) = (Int(header >> 4), Int(header & 15))
                guard low + count <= 8 else { throw DamagedBytes(reason: "value too long") }
                bits ^= try reader.word(bytes: count) << UInt64(8 * low)
            }
            values[index] = Double(bitPattern: bits)
        }
    }
}
