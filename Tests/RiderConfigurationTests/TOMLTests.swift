import Testing

@testable import RiderConfiguration

@Suite struct TOMLTests {
    private func entries(_ text: String) throws -> [String: Int] {
        let document = try TOMLDocument(parsing: Array(text.utf8))
        return Dictionary(uniqueKeysWithValues: document.entries.map { ($0.key, $0.line) })
    }

    @Test func linesSurviveEverythingThatSpansLines() throws {
        let text = #"""
            first = """
            [not.a.section]
            key = 1
            """
            list = [ # comment with ] in it
              "a]", 'b"',
            ]
            [section."quoted"] # remark
            after = 'x # y'
            dotted.deep = { inner = 1 }
            """#
        #expect(
            try entries(text) == [
                "first": 1, "list": 5, "section.quoted.after": 9, "section.quoted.dotted.deep.inner": 10,
            ])
    }

    @Test func aBrokenFileNamesTheLine() {
        #expect(throws: TOMLDocument.Failure.self) { try entries("a = 1\nb = \nc = 3") }
        do {
            _ = try entries("a = 1\nb = \nc = 3")
        } catch let failure as TOMLDocument.Failure {
            #expect(failure.line == 2)
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func windowsLineEndsCountAsOne() throws {
        #expect(try entries("a = 1\r\n\r\n[s]\r\nb = 2\r\n") == ["a": 1, "s.b": 4])
    }

    @Test func bytesThatAreNoTextAreRefused() {
        #expect(throws: TOMLDocument.Failure.self) { try TOMLDocument(parsing: [0x61, 0xFF, 0xFE]) }
    }

    @Test func aCommentIsSharedUntilABlankLine() throws {
        let document = try TOMLDocument(
            parsing: Array("# Both\n# of them.\na = 1\nb = 2\n\nc = 3\n# Own.\nd = 4 # beside\n".utf8))
        #expect(document.outline.comment(of: "a") == "Both of them.")
        #expect(document.outline.comment(of: "b") == "Both of them.")
        #expect(document.outline.comment(of: "c") == "")
        #expect(document.outline.comment(of: "d") == "Own.")
    }
}
