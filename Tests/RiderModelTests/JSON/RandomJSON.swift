import TestSupport

/// Random texts that are JSON, and damaged copies of them; the same for the same seed.
struct RandomJSON {
    private var random: SplitMix

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
    }

    private mutating func below(_ limit: Int) -> Int { Int(random.next() % UInt64(limit)) }

    private mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

    mutating func text() -> [UInt8] {
        Array((space() + value(depth: 0) + space()).utf8)
    }

    private mutating func value(depth: Int) -> String {
        switch below(depth > 4 ? 5 : 8) {
        case 0: return pick(["true", "false", "null"])
        case 1, 2: return number()
        case 3, 4: return string()
        case 5:
            let elements = (0..<below(5)).map { _ in value(depth: depth + 1) + space() }
            return "[" + space() + elements.joined(separator: "," + space()) + "]"
        default:
            let members = (0..<below(5)).map { index in
                // Foundation keeps the first of equal keys on some systems: the index makes them different.
                let key = string().dropLast() + "\(index)\""
                return key + space() + ":" + space() + value(depth: depth + 1) + space()
            }
            return "{" + space() + members.joined(separator: "," + space()) + "}"
        }
    }

    private mutating func number() -> String {
        switch below(5) {
        case 0: String(below(10))
        case 1: String(Int64(bitPattern: random.next()) >> Int64(below(60)))
        case 2: "\(below(2) == 0 ? "-" : "")\(below(100_000)).\(below(1000))"
        case 3: "\(below(10)).\(below(10))\(pick(["e", "E"]))\(pick(["", "+", "-"]))\(below(200))"
        default: "-0"
        }
    }

    private mutating func string() -> String {
        let pieces = [
            "a", "ź", "🤖", "\u{7F}", "/", "plain text of some length", "\\n", "\\\"", "\\\\", "\\/", "\\u0041",
            "\\u017A", "\\ud83e\\uDD16", "{", "]", ":", ",", " ", "\u{E000}", "0",
        ]
        return "\"" + (0..<below(8)).map { _ in pick(pieces) }.joined() + "\""
    }

    private mutating func space() -> String {
        pick(["", "", "", " ", "\n", "\t ", "\r\n"])
    }

    /// One to three small damages.
    mutating func mutation(of text: [UInt8]) -> [UInt8] {
        var text = text
        for _ in 0...below(3) where !text.isEmpty {
            let place = below(text.count)
            switch below(6) {
            case 0: text.remove(at: place)
            case 1: text.insert(pick(Array("\"\\{}[]:,0123456789.eE+-tfn/u \n\u{1}".utf8)), at: place)
            case 2: text[place] = pick(Array("\"\\{}[]:,019.e-tn \u{1F}".utf8))
            case 3: text[place] = UInt8(truncatingIfNeeded: random.next())
            case 4: text.removeLast(text.count - place)
            default: text.insert(contentsOf: text[..<place].suffix(below(9)), at: place)
            }
        }
        return text
    }
}
