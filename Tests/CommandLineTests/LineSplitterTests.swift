import Testing

@testable import rider

@Suite struct LineSplitterTests {
    private func lines(_ chunks: [String], limit: Int = 10) -> [LineSplitter.Line] {
        var splitter = LineSplitter(limit: limit)
        var lines: [LineSplitter.Line] = []
        for chunk in chunks { splitter.split(Array(chunk.utf8), into: &lines) }
        splitter.end(into: &lines)
        return lines
    }

    private func texts(_ lines: [LineSplitter.Line]) -> [String?] {
        lines.map { $0.bytes.map { String(decoding: $0, as: UTF8.self) } }
    }

    @Test func chunksMayEndAnywhere() {
        #expect(texts(lines(["a", "b\nc", "\r", "\nd"])) == ["ab", "c", "d"])
        #expect(lines(["a\n\n"]).map(\.number) == [1, 2])
        #expect(lines([""]) == [])
    }

    @Test func aLineThatIsTooLongCostsOnlyItself() {
        #expect(texts(lines(["0123456789\n01234567890\nx\n"])) == ["0123456789", nil, "x"])
        #expect(texts(lines(["01234", "56789", "0"])) == [nil])
    }
}
