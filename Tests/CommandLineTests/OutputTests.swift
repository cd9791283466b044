import RiderModel
import Testing

@testable import rider

@Suite struct OutputTests {
    @Test func columnsAreAligned() {
        var table = TextTable(("NAME", .left), ("COUNT", .right), ("NOTE", .left))
        table.add("a", "1", "")
        table.add("żółw", "1,000", "x")
        #expect(table.text == "NAME  COUNT  NOTE\na         1\nżółw  1,000  x\n")
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000")])
    func countsAreGrouped(number: Int, text: String) {
        #expect(Shown.count(number) == text)
    }

    @Test func foreignTextStaysOnItsLine() {
        #expect(Shown.line("a\u{1B}[2J\nb", limit: 10) == "a\u{FFFD}[2J\u{FFFD}b")
        #expect(Shown.line("abc", limit: 2) == "ab…")
    }

    @Test(arguments: [
        ("500ms", Duration.milliseconds(500)), ("5s", .seconds(5)), ("5", .seconds(5)), ("1.5m", .seconds(90)),
        ("2h", .seconds(7200)), ("3d", .seconds(259_200)),
    ])
    func lengthsOfTimeAreRead(text: String, duration: Duration) {
        #expect(TimeSpan(argument: text)?.duration == duration)
    }

    @Test(arguments: ["", "s", "-5s", "5x", "0", "1e9", "99999999d", "٣s"])
    func nonsenseIsNoLengthOfTime(text: String) {
        #expect(TimeSpan(argument: text) == nil)
    }

    @Test func lengthsOfTimeAreWrittenAsTheyAreRead() {
        let spans: [Duration] = [.milliseconds(500), .seconds(90), .seconds(120), .seconds(7200)]
        #expect(spans.map { TimeSpan($0).description } == ["500ms", "90s", "2m", "2h"])
        #expect(TimeSpan.forever.description == "for ever")
    }
}
