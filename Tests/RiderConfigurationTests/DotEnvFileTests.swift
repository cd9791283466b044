import Testing

@testable import RiderConfiguration

@Suite struct DotEnvFileTests {
    private func values(_ text: String) -> [String: String] {
        Dictionary(DotEnvFile.parse(text).variables.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }

    @Test(arguments: [
        ("A=1", "1"), ("A = spaced ", "spaced"), ("export A=1", "1"), ("A=", ""), ("A=b # remark", "b"),
        ("A=b#c", "b#c"),
        (#"A="b # c" # remark"#, "b # c"), (#"A="two\nlines""#, "two\nlines"), (#"A='as \n it is'"#, #"as \n it is"#),
        (#"A="a \"b\" \\ \$c""#, #"a "b" \ $c"#), ("A=$HOME", "$HOME"), ("A=b=c", "b=c"), ("A=1\r\n", "1"),
        ("A=\"one\ntwo\"", "one\ntwo"),
    ])
    func aLineMeansItsValue(line: String, value: String) {
        #expect(values(line)["A"] == value)
        #expect(DotEnvFile.parse(line).faults == [])
    }

    @Test func commentsAndBlankLinesMeanNothing() {
        #expect(values("# A=1\n\n   # B=2\nC=3") == ["C": "3"])
    }

    @Test func linesAreCounted() {
        let parsed = DotEnvFile.parse("# one\nA='x\ny'\nB=2\r\nC=3")
        #expect(parsed.variables.map(\.line) == [2, 4, 5])
    }

    @Test func aBadLineIsReportedWithoutItsTextAndTheRestIsRead() {
        let parsed = DotEnvFile.parse("secret words\n1A=2\nB=\"open\nC=3")
        #expect(parsed.faults.map(\.line) == [1, 2, 3])
        #expect(!parsed.faults.contains { $0.reason.contains("secret") || $0.reason.contains("open") })
        #expect(parsed.variables.map(\.name) == ["C"])
    }
}
