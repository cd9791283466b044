/// Reads `.env` files: `NAME=value` lines with an optional `export` before them.
///
/// `# comments` stand on a line of their own or behind a value, after a blank. A value in double quotes knows `\n`, `\t`,
/// `\r`, `\"`, `\\` and `\$`; one in single quotes is taken as it is. Either may reach over several lines. Nothing is
/// expanded: `$HOME` stays `$HOME`.
enum DotEnvFile {
    struct Variable: Hashable {
        var name: String
        var value: String
        var line: Int
    }

    struct Fault: Hashable {
        var line: Int
        var reason: String
    }

    /// Of a repeated name the last one counts.
    static func parse(_ text: String) -> (variables: [Variable], faults: [Fault]) {
        var variables: [Variable] = []
        var faults: [Fault] = []
        // Swift takes a carriage return and a line feed for one character.
        let lines = text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
        var index = 0
        while index < lines.count {
            let line = index + 1
            var content = lines[index].trimmingBlanks
            index += 1
            if content.isEmpty || content.hasPrefix("#") { continue }
            if content.hasPrefix("export ") { content = content.dropFirst("export ".count).trimmingBlanks }
            guard let equals = content.firstIndex(of: "="), isName(content[..<equals].trimmingBlanks) else {
                // The line may hold a secret: it is not repeated.
                faults.append(Fault(line: line, reason: "is not NAME=value"))
                continue
            }
            let name = content[..<equals].trimmingBlanks
            var written = content[content.index(after: equals)...].trimmingBlanks
            guard let quote = written.first, quote == "\"" || quote == "'" else {
                variables.append(Variable(name: name, value: withoutComment(written), line: line))
                continue
            }
            var value = quoted(written, quote)
            while value == nil, index < lines.count {
                written += "\n" + lines[index]
                index += 1
                value = quoted(written, quote)
            }
            if let value {
                variables.append(Variable(name: name, value: value, line: line))
            } else {
                faults.append(Fault(line: line, reason: "\(name): the closing \(quote) is missing"))
                // Go on behind the line of the fault, so that one forgotten quote does not hide the rest.
                index = line
            }
        }
        return (variables, faults)
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else {
            return false
        }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }

    private static func withoutComment(_ value: String) -> String {
        var previous: Character = " "
        for index in value.indices {
            if value[index] == "#", previous == " " || previous == "\t" { return value[..<index].trimmingBlanks }
            previous = value[index]
        }
        return value
    }

    /// - Returns: nil when the closing quote has not come yet.
    private static func quoted(_ written: String, _ quote: Character) -> String? {
        var value = ""
        var isEscaped = false
        for character in written.dropFirst() {
            if isEscaped {
                isEscaped = false
                switch character {
                case "n": value.append("\n")
                case "t": value.append("\t")
                case "r": value.append("\r")
                case "\"", "\\", "$": value.append(character)
                default: value += "\\" + String(character)
                }
            } else if character == "\\", quote == "\"" {
                isEscaped = true
            } else if character == quote {
                return value
            } else {
                value.append(character)
            }
        }
        return nil
    }
}
