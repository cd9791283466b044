import TOMLKit

/// A TOML text taken apart into dotted keys, each with its line.
struct TOMLDocument {
    struct Entry {
        var key: String
        /// nil for kinds that no setting has, such as dates.
        var value: SettingValue?
        /// What the value is, in words.
        var kind: String
        var line: Int
    }

    /// Why the text is no TOML.
    struct Failure: Error, CustomStringConvertible {
        var line: Int
        var reason: String
        var description: String { "line \(line): \(reason)" }
    }

    let outline: TOMLOutline
    private(set) var entries: [Entry] = []
    /// Names of the top level.
    let roots: [String]

    init(parsing bytes: [UInt8]) throws(Failure) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(line: 1, reason: "is not UTF-8 text")
        }
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw Failure(line: error.source.begin.line, reason: error.description)
        } catch {
            throw Failure(line: 1, reason: "\(error)")
        }
        outline = TOMLOutline(bytes)
        roots = table.keys
        collect(table, under: "")
        entries.sort { ($0.line, $0.key) < ($1.line, $1.key) }
    }

    /// - Parameter prefix: empty, or the path of the table with a dot at its end.
    private mutating func collect(_ table: TOMLTable, under prefix: String) {
        for name in table.keys {
            guard let value = table[name] else { continue }
            let key = prefix + name
            if let inner = value.table {
                collect(inner, under: key + ".")
            } else {
                entries.append(
                    Entry(
                        key: key, value: Self.setting(value), kind: Self.words(for: value.type),
                        line: outline.line(of: key)))
            }
        }
    }

    private static func setting(_ value: any TOMLValueConvertible) -> SettingValue? {
        switch value.type {
        case .string: return value.string.map(SettingValue.text)
        case .int: return value.int.map(SettingValue.integer)
        case .double: return value.double.map(SettingValue.number)
        case .bool: return value.bool.map(SettingValue.flag)
        case .array:
            guard let elements = value.array else { return nil }
            let texts = elements.compactMap(\.string)
            return texts.count == elements.count ? .texts(texts) : nil
        default: return nil
        }
    }

    private static func words(for type: TOMLType) -> String {
        switch type {
        case .string: "a text"
        case .int: "a whole number"
        case .double: "a number"
        case .bool: "true or false"
        case .array: "a list"
        case .date, .time, .dateTime: "a date or time"
        case .table: "a section"
        }
    }
}
