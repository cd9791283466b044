import Foundation
import RiderModel
import Testing

struct JSONScannerTests {
    // MARK: - Compared with another parser

    /// What the two parsers judge differently on purpose.
    static let strictness: Set<JSONError.Reason> = [.tooDeep, .byteOrderMark, .loneSurrogate, .numberOutOfRange]

    /// Foundation's verdict on the text as any value.
    static func foundationAccepts(_ bytes: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
    }

    static func verdict(on bytes: [UInt8]) -> JSONError.Reason? {
        do {
            _ = try JSONValue(parsing: bytes)
            return nil
        } catch {
            return error.reason
        }
    }

    static func skipVerdict(on bytes: [UInt8]) -> JSONError.Reason? {
        bytes.withUnsafeBufferPointer { buffer in
            var scanner = JSONScanner(buffer)
            do throws(JSONError) {
                try scanner.scanObject { _, _ in }
                return nil
            } catch {
                return error.reason
            }
        }
    }

    private static func hasCommaBeforeEnd(_ text: [UInt8]) -> Bool {
        let visible = text.filter { !" \n\r\t".utf8.contains($0) }
        return zip(visible, visible.dropFirst()).contains { $0 == UInt8(ascii: ",") && "}]".utf8.contains($1) }
    }

    @Test(arguments: 0..<24)
    func randomTextsAndMutationsGetTheSameVerdictAsFromFoundation(seed: Int) {
        var generator = RandomJSON(seed: UInt64(seed))
        for _ in 0..<150 {
            let text = generator.text()
            #expect(Self.verdict(on: text) == nil, "\(String(decoding: text, as: UTF8.self))")
            for candidate in [text] + (0..<4).map({ _ in generator.mutation(of: text) }) {
                let verdict = Self.verdict(on: candidate)
                // Both ways through the scanner agree, whatever the text is.
                let skipped = Self.skipVerdict(on: candidate)
                #expect(skipped == verdict || (verdict == nil && skipped == .notAnObject), "\(candidate)")
                // Nothing goes beyond the strictness that is documented; and nothing is let through.
                if let verdict, Self.strictness.contains(verdict) { continue }
                // Foundation forgives a comma behind the last member; RFC 8259 does not.
                if verdict == .unexpectedByte, Self.hasCommaBeforeEnd(candidate) { continue }
                let accepted = Self.foundationAccepts(candidate)
                #expect(
                    accepted == (verdict == nil),
                    "\(String(describing: verdict)) for \(String(decoding: candidate, as: UTF8.self)) \(candidate)")
            }
        }
    }

    @Test(arguments: 100..<108)
    func whatIsReadIsWhatFoundationReads(seed: Int) throws {
        var generator = RandomJSON(seed: UInt64(seed))
        for _ in 0..<100 {
            let text = generator.text()
            let value = try JSONValue(parsing: text)
            let expected = try JSONSerialization.jsonObject(with: Data(text), options: .fragmentsAllowed)
            #expect(same(value, expected), "\(String(decoding: text, as: UTF8.self))")
            #expect(try JSONValue(parsing: value.encoded) == value)
            let again = try JSONSerialization.jsonObject(with: Data(value.encoded), options: .fragmentsAllowed)
            #expect(same(value, again))
        }
    }

    private func same(_ value: JSONValue, _ other: Any) -> Bool {
        switch value {
        case .null: return other is NSNull
        case .bool(let value): return other as? Bool == value
        case .integer(let value): return (other as? NSNumber)?.int64Value == value
        case .number(let value): return (other as? NSNumber)?.doubleValue == value
        case .string(let value): return other as? String == value
        case .array(let values):
            guard let others = other as? [Any], others.count == values.count else { return false }
            return zip(values, others).allSatisfy { same($0, $1) }
        case .object(let members):
            guard let others = other as? [String: Any], others.count == Set(members.map(\.key)).count else {
                return false
            }
            return others.allSatisfy { key, other in value[key].map { same($0, other) } ?? false }
        }
    }

    // MARK: - Single rules

    @Test(arguments: 1...17, ["\"", "\\", "\u{1F}", "ł", "\u{7F}", " "])
    func everyPlaceOfAStringIsLookedAt(length: Int, special: String) {
        // Plain bytes are passed eight at a time: the special one stands at every offset of a word.
        for offset in 0..<length {
            var text = String(repeating: "x", count: length)
            text.insert(contentsOf: special, at: text.index(text.startIndex, offsetBy: offset))
            let bytes = Array("[\"\(text)\"]".utf8)
            #expect((Self.verdict(on: bytes) == nil) == Self.foundationAccepts(bytes), "\(text.debugDescription)")
        }
    }

    @Test func everyFirstAndSecondByteOfUTF8IsJudgedAsByTheStandardLibrary() {
        for first in UInt8(0x80)...0xFF {
            for second in UInt8(0x00)...0xFF where second != UInt8(ascii: "\"") && second != UInt8(ascii: "\\") {
                for tail in [[], [0x80], [0x80, 0xBF]] as [[UInt8]] {
                    let content = [first, second] + tail
                    guard content.allSatisfy({ $0 >= 0x20 }) else { continue }
                    let isValid = String(validating: content, as: UTF8.self) != nil
                    let text = [UInt8(ascii: "\"")] + content + [UInt8(ascii: "\"")]
                    #expect((Self.verdict(on: text) == nil) == isValid)
                }
            }
        }
    }

    @Test func nestingIsAcceptedUpToTheLimitAndNoFurther() throws {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            func nested(_ depth: Int) -> [UInt8] {
                Array((String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)).utf8)
            }
            _ = try JSONValue(parsing: nested(JSONScanner.depthLimit))
            #expect(Self.verdict(on: nested(JSONScanner.depthLimit + 1)) == .tooDeep)
        }
        let limit = JSONScanner.depthLimit
        let inside = Array(
            "{\"a\":\(String(repeating: "[", count: limit - 1))\(String(repeating: "]", count: limit - 1))}".utf8)
        #expect(Self.skipVerdict(on: inside) == nil)
    }

    @Test(arguments: [
        ("1e400", JSONError.Reason.numberOutOfRange), ("-1e999999999999", .numberOutOfRange), ("01", .invalidNumber),
        ("-", .invalidNumber), ("1.", .invalidNumber), ("1.e1", .invalidNumber), ("1e", .invalidNumber),
        ("+1", .unexpectedByte), (".5", .unexpectedByte), ("0x10", .trailingBytes), ("--1", .invalidNumber),
    ])
    func aWrongNumberIsRefused(text: String, reason: JSONError.Reason) {
        #expect(Self.verdict(on: Array(text.utf8)) == reason)
    }

    @Test func anEndlessIntegerIsRefusedWhenItIsTooLargeForADouble() {
        #expect(Self.verdict(on: [UInt8](repeating: UInt8(ascii: "9"), count: 300)) == nil)
        #expect(Self.verdict(on: [UInt8](repeating: UInt8(ascii: "9"), count: 310)) == .numberOutOfRange)
    }

    @Test(arguments: [
        ("0", JSONValue.integer(0)), ("-0", .integer(0)), ("9223372036854775807", .integer(.max)),
        ("-9223372036854775808", .integer(.min)), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
        ("1e2", .number(100)), ("1E-2", .number(0.01)), ("1e-400", .number(0)), ("5.0", .number(5)),
        ("1763035200.125", .number(1_763_035_200.125)),
    ])
    func numbersKeepTheirKind(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test func escapesAreDecoded() throws {
        let text = #""\"\\\/\b\f\n\r\t\u0041\u017a\uD83E\uDD16""#
        #expect(try JSONValue(parsing: text) == .string("\"\\/\u{8}\u{C}\n\r\tAź🤖"))
    }

    @Test func membersAreVisitedWithTheirRanges() throws {
        let text = Array(#" { "a" : [1, {"b": "}"}] , "c":"x\"y" } "#.utf8)
        var seen: [String] = []
        try text.withUnsafeBufferPointer { buffer in
            var scanner = JSONScanner(buffer)
            try scanner.scanObject { key, value throws(JSONError) in
                seen.append(
                    String(decoding: buffer[key], as: UTF8.self) + "="
                        + String(decoding: buffer[value], as: UTF8.self))
            }
        }
        #expect(seen == [#"a=[1, {"b": "}"}]"#, #"c="x\"y""#])
    }

    @Test func wholeNumbersAreRecognisedHoweverTheyAreWritten() throws {
        #expect(try JSONValue(parsing: "5").int == 5)
        #expect(try JSONValue(parsing: "5.0").int == 5)
        #expect(try JSONValue(parsing: "5.5").int == nil)
        #expect(try JSONValue(parsing: "1e300").int == nil)
        #expect(try JSONValue(parsing: "\"5\"").int == nil)
    }
}
