import RiderModel
import Testing

struct JSONWriterTests {
    private func written(_ write: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        write(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func commasStandBetweenValuesOnly() {
        let text = written { writer in
            writer.object { writer in
                writer.key("a")
                writer.array { writer in
                    writer.integer(1)
                    writer.array { _ in }
                    writer.object { _ in }
                    writer.null()
                }
                writer.key("b")
                writer.raw("{}".utf8)
                writer.key(dynamic: "c\"")
                writer.bool(true)
            }
        }
        #expect(text == #"{"a":[1,[],{},null],"b":{},"c\"":true}"#)
    }

    @Test func everyIntegerIsWritten() {
        let text = written { writer in
            writer.array { writer in
                writer.integer(Int64.min)
                writer.integer(Int64.max)
                writer.integer(UInt64.max)
                writer.integer(-1)
                writer.integer(UInt8(9))
                writer.integer(10)
            }
        }
        #expect(text == "[-9223372036854775808,9223372036854775807,18446744073709551615,-1,9,10]")
    }

    @Test func whatIsNotFiniteBecomesNull() {
        for value in [Double.nan, .infinity, -.infinity, .signalingNaN] {
            #expect(written { $0.number(value) } == "null")
        }
        #expect(written { $0.number(ifKnown: nil) } == "null")
    }

    @Test func numbersReadBackAsTheSameValue() throws {
        for value in [
            0.1, 1e22, Double.leastNonzeroMagnitude, 1.7976931348623157e308, -0.0, 1_763_035_200.125, 1e16,
            123_456_789_012_345_680,
        ] {
            let text = written { $0.number(value) }
            #expect(try JSONValue(parsing: text).double == value, "\(text)")
        }
    }

    @Test func everyCharacterReadsBack() throws {
        let scalars = (0...0x2FF).compactMap(Unicode.Scalar.init) + ["\u{2028}", "\u{FFFF}", "🤖"]
        let string = String(String.UnicodeScalarView(scalars))
        let text = written { $0.string(string) }
        #expect(try JSONValue(parsing: text) == .string(string))
        #expect(!text.utf8.contains { $0 < 0x20 }, "one line, whatever is in it")
    }

    @Test(arguments: [
        ("{}", #"{"m":1}"#), ("{ \n}", #"{ "# + "\n" + #""m":1}"#), (#"{"a":2}"#, #"{"a":2,"m":1}"#),
        (#"{"a":"{"}"#, #"{"a":"{","m":1}"#), (#"{"a":{} } "#, #"{"a":{} ,"m":1} "#),
    ])
    func aMemberIsAppendedBeforeTheLastBrace(object: String, expected: String) {
        let text = JSONWriter.appending(member: "m", Array("1".utf8), to: Array(object.utf8))
        #expect(String(decoding: text, as: UTF8.self) == expected)
    }
}
