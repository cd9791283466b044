import Configuration
import RiderModel

/// The value of one key.
public enum SettingValue: Sendable, Hashable {
    case text(String)
    case integer(Int)
    case number(Double)
    case flag(Bool)
    case texts([String])

    /// What a key holds. It follows from the value in the default files.
    public enum Kind: String, Sendable, Hashable {
        case text
        case integer = "whole number"
        case number
        case flag = "true or false"
        case texts = "list of texts"
    }

    public var kind: Kind {
        switch self {
        case .text: .text
        case .integer: .integer
        case .number: .number
        case .flag: .flag
        case .texts: .texts
        }
    }

    /// Reads what a variable or a flag says.
    ///
    /// Flags are strict: `true` or `false` in any case. Lists are JSON arrays, or texts with commas between them.
    ///
    /// - Returns: nil when the text does not mean a value of this kind.
    init?(parsing text: String, as kind: Kind) {
        let bare = text.trimmingBlanks
        switch kind {
        case .text: self = .text(text)
        case .integer:
            guard let value = Int(bare) else { return nil }
            self = .integer(value)
        case .number:
            guard let value = Double(bare), value.isFinite else { return nil }
            self = .number(value)
        case .flag:
            switch bare.lowercased() {
            case "true": self = .flag(true)
            case "false": self = .flag(false)
            default: return nil
            }
        case .texts:
            if bare.hasPrefix("[") {
                guard let elements = try? JSONValue(parsing: bare).array else { return nil }
                let texts = elements.compactMap(\.string)
                guard texts.count == elements.count else { return nil }
                self = .texts(texts)
            } else {
                self = .texts(bare.split(separator: ",").map { String($0).trimmingBlanks })
            }
        }
    }

    /// The value as it would be written in a file.
    public var written: String {
        switch self {
        case .text(let text): String(decoding: JSONValue.string(text).encoded, as: UTF8.self)
        case .integer(let value): String(value)
        case .number(let value): value.description
        case .flag(let value): value ? "true" : "false"
        case .texts(let texts): "[" + texts.map { SettingValue.text($0).written }.joined(separator: ", ") + "]"
        }
    }

    public var json: JSONValue {
        switch self {
        case .text(let text): .string(text)
        case .integer(let value): .integer(Int64(value))
        case .number(let value): .number(value)
        case .flag(let value): .bool(value)
        case .texts(let texts): .array(texts.map(JSONValue.string))
        }
    }

    var content: ConfigContent {
        switch self {
        case .text(let text): .string(text)
        case .integer(let value): .int(value)
        case .number(let value): .double(value)
        case .flag(let value): .bool(value)
        case .texts(let texts): .stringArray(texts)
        }
    }
}

extension StringProtocol {
    /// Without blanks and tabs at both ends.
    var trimmingBlanks: String {
        let blank: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\n" || $0 == "\r\n" }
        let start = drop(while: blank)
        return String(start.reversed().drop(while: blank).reversed())
    }
}
