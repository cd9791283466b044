import TestSupport
import Testing

@testable import RiderHistory

@Suite struct CodecTests {
    static let columns: [[Double]] = [
        [],
        [0],
        [SampleValue.absent, SampleValue.absent],
        [Double](repeating: 17, count: 240),
        [Double](repeating: 0.1 + 0.2, count: 240),
        (0..<240).map { Double($0 * 500 + $0 % 7) },
        (0..<240).map { Double($0 / 100) },
        (0..<240).map { Double($0 * 1_234_567) / 1e9 },
        (0..<240).map { 20 + Double($0 % 13) / 100 },
        (0..<240).map { 1 / Double($0 + 3) },
        [
            -0.0, 0, -1, 1, 1e300, -1e-300, .infinity, -.infinity, .nan, .greatestFiniteMagnitude,
            .leastNonzeroMagnitude,
        ],
        [9_007_199_254_740_991, -9_007_199_254_740_991, 9_007_199_254_740_992, 0],
        [0.1, 9_007_199_254_740_991],
        [SampleValue.absent, 3, 4, SampleValue.absent, 5, SampleValue.absent],
        [5, 5, 5, 0, 0, 0, 1, 1],
    ]

    @Test(arguments: columns) func `a column comes back bit by bit`(values: [Double]) throws {
        var writer = ByteWriter()
        ColumnCodec.encode(values, to: &writer)
        let decoded = try writer.bytes.withUnsafeBytes { bytes in
            var reader = ByteReader(bytes)
            defer { #expect(reader.isAtEnd) }
            return try ColumnCodec.decode(&reader, points: values.count)
        }
        #expect(decoded.map(\.bitPattern) == values.map(\.bitPattern))
    }

    @Test func `columns of any bits come back`() throws {
        var generator = SplitMix(seed: 7)
        for _ in 0..<500 {
            let kind = Int.random(in: 0..<5, using: &generator)
            var level = 0.0
            let values = (0..<Int.random(in: 1...240, using: &generator)).map { _ -> Double in
                switch kind {
                case 0: return Double(bitPattern: .random(in: 0...UInt64.max, using: &generator))
                case 1: level += Double(Int.random(in: 0...3, using: &generator))
                case 2: level += Double(Int64.random(in: -5_000_000_000...9_000_000_000, using: &generator)) / 1e9
                case 3: level = Double(Int.random(in: -300...300, using: &generator)) / 100
                default: level = Bool.random(using: &generator) ? SampleValue.absent : level + 1
                }
                return level
            }
            var writer = ByteWriter()
            ColumnCodec.encode(values, to: &writer)
            let decoded = try writer.bytes.withUnsafeBytes { bytes in
                var reader = ByteReader(bytes)
                return try ColumnCodec.decode(&reader, points: values.count)
            }
            #expect(decoded.map(\.bitPattern) == values.map(\.bitPattern))
        }
    }

    @Test func `damaged bytes are refused or read as something, never beyond their end`() throws {
        var generator = SplitMix(seed: 11)
        for _ in 0..<2_000 {
            var writer = ByteWriter()
            ColumnCodec.encode((0..<60).map { Double($0 % 9) / 7 * Double($0 & 1) }, to: &writer)
            var bytes = writer.bytes
            for _ in 0..<3 {
                bytes[Int.random(in: bytes.indices, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
            bytes.withUnsafeBytes { bytes in
                var reader = ByteReader(bytes)
                let decoded = try? ColumnCodec.decode(&reader, points: 60)
                #expect(decoded == nil || decoded?.count == 60)
            }
        }
    }

    @Test func `what hardly changes takes hardly any room`() {
        func size(_ values: [Double]) -> Int {
            var writer = ByteWriter()
            ColumnCodec.encode(values, to: &writer)
            return writer.bytes.count
        }
        #expect(size([Double](repeating: 123_456, count: 240)) < 12)
        #expect(size((0..<240).map { Double($0 / 200) }) < 16)
        #expect(size((0..<240).map { Double(1_000_000 + $0 * 250) }) < 20)
        #expect(size((0..<240).map { (number: Int) in Double(number * 5_000 + number * number % 50) }) < 2 * 240)
    }

    @Test func `times take about a byte each`() throws {
        let times = (0..<240).map { (number: Int64) in 1_763_035_200_000 + number * 5_000 + number * 7 % 13 }
        let bytes = TimeCodec.encode(times)
        #expect(bytes.count < 260)
        #expect(try bytes.withUnsafeBytes { try TimeCodec.decode($0, points: times.count) } == times)
    }

    @Test func `a round's changes come back`() throws {
        let before: [Int64: Double] = [1: 5, 7: 0.5, 300: 1e15]
        let changes: [RoundCodec.Change] = [
            .init(series: 1, value: 9, previous: 5), .init(series: 7, value: .nan, previous: 0.5),
            .init(series: 299, value: -3, previous: 0), .init(series: 300, value: SampleValue.absent, previous: 1e15),
            .init(series: 70_000, value: -0.0, previous: 0),
        ]
        var decoded: [(Int64, Double)] = []
        try RoundCodec.encode(changes).withUnsafeBytes { bytes in
            try RoundCodec.decode(bytes, previous: { before[$0] ?? 0 }, take: { decoded.append(($0, $1)) })
        }
        #expect(decoded.map(\.0) == changes.map(\.series))
        #expect(decoded.map(\.1.bitPattern) == changes.map(\.value.bitPattern))
    }
}
