/// The valid values of one layer.
struct LayerValues: Sendable {
    struct Value: Sendable, Hashable {
        var value: SettingValue
        var source: SettingSource
    }

    private(set) var byKey: [String: Value] = [:]

    subscript(key: String) -> Value? { byKey[key] }

    /// Takes a value when it is of the right kind and within its limits, otherwise records what is wrong with it.
    ///
    /// - Parameter written: what the value is called in the message, when it is of a kind that no setting has.
    mutating func set(
        _ definition: SettingDefinition, _ value: SettingValue?, written: String? = nil, _ source: SettingSource,
        _ problems: inout [ConfigurationProblem]
    ) {
        var value = value
        // A file may say 1 where 1.0 is meant.
        if case .integer(let whole) = value, definition.kind == .number { value = .number(Double(whole)) }
        guard let value, value.kind == definition.kind else {
            let found = written ?? value.map { Self.article($0.kind) } ?? "something else"
            problems.append(
                .error(source, key: definition.key, "must be \(Self.article(definition.kind)), not \(found)"))
            return
        }
        guard let limit = definition.limit else {
            byKey[definition.key] = Value(value: value, source: source)
            return
        }
        guard let admitted = limit.admit(value) else {
            let shown = definition.isSecret || !limit.mayTell(value) ? "" : ", not \(value.written)"
            var nearest: String?
            if case .words(let words) = limit, case .text(let text) = value {
                nearest = NearestName.find(text.lowercased(), in: words.filter { !$0.isEmpty })
            }
            problems.append(
                .error(source, key: definition.key, "must be \(limit.requirement)\(shown)", nearest: nearest))
            return
        }
        byKey[definition.key] = Value(value: admitted, source: source)
    }

    /// Takes the text of a variable or a flag.
    mutating func set(
        _ definition: SettingDefinition, parsing text: String, _ source: SettingSource,
        _ problems: inout [ConfigurationProblem]
    ) {
        guard let value = SettingValue(parsing: text, as: definition.kind) else {
            let shown = definition.isSecret ? "" : ", not \"\(text)\""
            problems.append(
                .error(source, key: definition.key, "must be \(Self.article(definition.kind))\(shown)"))
            return
        }
        set(definition, value, source, &problems)
    }

    private static func article(_ kind: SettingValue.Kind) -> String {
        kind == .flag ? kind.rawValue : "a " + kind.rawValue
    }
}
