import RiderModel
import TOMLKit

/// The rules of `text.nlu`, compiled: tables that a text is held against.
///
/// The format is described where people edit it, at the top of `config/nlu_rules.toml`.
final class LanguageRules: Sendable {
    struct Intent: Sendable {
        let name: String
        /// What follows its words is a quotation and is not looked at.
        let quotes: Bool
    }

    struct Weight: Sendable {
        let intent: Int
        let value: Double
    }

    struct EntityKind: Sendable {
        let type: String
        let value: String
        let weights: [Weight]
    }

    struct Unit: Sendable {
        let type: String
        let symbol: String
        let factor: Double
        let weights: [Weight]
    }

    /// All that one word or phrase can mean.
    struct Meaning: Sendable {
        var weights: [Weight] = []
        var quotes = false
        /// Numbers into ``LanguageRules/entityKinds``.
        var entities: [Int] = []
        /// A number into ``LanguageRules/units``; -1 for none.
        var unit = -1
        /// NaN for words that are no number.
        var number = Double.nan
        var multiplier = Double.nan
        /// 1 pleased, -1 displeased.
        var mood = 0.0
        var isIgnored = false
        var isNegation = false
        var isIntensifier = false
    }

    let minimumConfidence: Double
    let intents: [Intent]
    /// Without repetition, in the order of the rules.
    var entityTypes: [String] {
        var seen: Set<String> = []
        return entityKinds.map(\.type).filter { seen.insert($0).inserted }
    }
    let entityKinds: [EntityKind]
    let units: [Unit]
    let meanings: [Meaning]
    let whole: PhraseTable
    let stems: PhraseTable
    /// First words of phrases; the meaning is the number of words in the longest of them.
    let starters: PhraseTable
    /// Bit n is set when a stem of one word has n bytes.
    let stemLengths: UInt64

    /// The rules that are part of the program.
    static func builtIn() throws -> LanguageRules {
        try LanguageRules(
            toml: String(decoding: PackageResources.nlu_rules_toml, as: UTF8.self), origin: "built-in rules")
    }

    /// - Parameter origin: names the text in errors.
    init(toml: String, origin: String) throws(LanguageRulesError) {
        let document = try Self.parse(toml, origin: origin)
        var compiler = Compiler(origin: origin)
        try compiler.compile(document)
        minimumConfidence = compiler.minimumConfidence
        intents = compiler.intents
        entityKinds = compiler.entityKinds
        units = compiler.units
        meanings = compiler.meanings
        whole = PhraseTable(compiler.whole)
        stems = PhraseTable(compiler.stems)
        starters = PhraseTable(compiler.starters)
        stemLengths = compiler.stems.keys.filter { !$0.contains(0x20) }
            .reduce(0) { $0 | 1 << UInt64(min($1.count, 63)) }
    }

    private static func parse(_ toml: String, origin: String) throws(LanguageRulesError) -> JSONValue {
        do {
            return try JSONValue(parsing: try TOMLTable(string: toml).convert(to: .json))
        } catch let error as TOMLParseError {
            throw LanguageRulesError(
                origin: origin, reason: "line \(error.source.begin.line): \(error.description)")
        } catch {
            throw LanguageRulesError(origin: origin, reason: "\(error)")
        }
    }
}

/// Why a file of rules cannot be used.
struct LanguageRulesError: Error, CustomStringConvertible {
    let origin: String
    let reason: String

    var description: String { "\(origin): \(reason)" }
}

/// Turns the document into tables.
private struct Compiler {
    let origin: String
    var minimumConfidence = 0.45
    var intents: [LanguageRules.Intent] = []
    var entityKinds: [LanguageRules.EntityKind] = []
    var units: [LanguageRules.Unit] = []
    var meanings: [LanguageRules.Meaning] = []
    var whole: [[UInt8]: Int] = [:]
    var stems: [[UInt8]: Int] = [:]
    var starters: [[UInt8]: Int] = [:]
    /// What an entity of a type weighs for intents.
    private var entityWeights: [String: [LanguageRules.Weight]] = [:]

    init(origin: String) {
        self.origin = origin
    }

    mutating func compile(_ document: JSONValue) throws(LanguageRulesError) {
        let known: Set = [
            "minimum_confidence", "ignored", "negations", "intensifiers", "intent", "entity", "unit", "number",
            "multiplier", "sentiment",
        ]
        for member in document.members ?? [] where !known.contains(member.key) {
            throw error("unknown key `\(member.key)`; known are \(known.sorted().joined(separator: ", "))")
        }
        if let value = document["minimum_confidence"] {
            guard let number = value.double, 0...1 ~= number else {
                throw error("`minimum_confidence` must be a number from 0 to 1")
            }
            minimumConfidence = number
        }
        for intent in document["intent"]?.array ?? [] { try compile(intent: intent) }
        try add(document["ignored"], at: "ignored") { $0.isIgnored = true }
        try add(document["negations"], at: "negations") { $0.isNegation = true }
        try add(document["intensifiers"], at: "intensifiers") { $0.isIntensifier = true }
        for (type, kinds) in members(document["entity"]) {
            for (value, words) in members(kinds) {
                let number = entityKinds.count
                entityKinds.append(.init(type: type, value: value, weights: entityWeights[type] ?? []))
                try add(words, at: "entity.\(type).\(value)") { meaning in
                    if !meaning.entities.contains(number) { meaning.entities.append(number) }
                }
            }
        }
        for unit in document["unit"]?.array ?? [] { try compile(unit: unit) }
        for (word, value) in members(document["number"]) {
            guard let number = value.double else { throw error("`number.\(word)` must be a number") }
            try add(.array([.string(word)]), at: "number") { $0.number = number }
        }
        for (word, value) in members(document["multiplier"]) {
            guard let number = value.double else { throw error("`multiplier.\(word)` must be a number") }
            try add(.array([.string(word)]), at: "multiplier") { $0.multiplier = number }
        }
        try add(document["sentiment"]?["positive"], at: "sentiment.positive") { $0.mood = 1 }
        try add(document["sentiment"]?["negative"], at: "sentiment.negative") { $0.mood = -1 }
        if intents.isEmpty { throw error("there is no [[intent]]") }
    }

    private mutating func compile(intent: JSONValue) throws(LanguageRulesError) {
        guard let name = intent["name"]?.string, !name.isEmpty else { throw error("an [[intent]] has no `name`") }
        let number = intents.count
        let quotes = intent["quotes"]?.bool ?? false
        intents.append(.init(name: name, quotes: quotes))
        for (grade, value) in [("strong", 1.0), ("medium", 0.6), ("weak", 0.3)] {
            try add(intent[grade], at: "intent \(name), \(grade)") { meaning in
                meaning.weights.append(.init(intent: number, value: value))
                meaning.quotes = meaning.quotes || quotes
            }
        }
        for (type, value) in members(intent["entities"]) {
            guard let weight = value.double else { throw error("intent \(name): `entities.\(type)` must be a number") }
            entityWeights[type, default: []].append(.init(intent: number, value: weight))
        }
    }

    private mutating func compile(unit: JSONValue) throws(LanguageRulesError) {
        guard let type = unit["type"]?.string, let symbol = unit["unit"]?.string else {
            throw error("a [[unit]] needs `type` and `unit`")
        }
        let number = units.count
        units.append(
            .init(
                type: type, symbol: symbol, factor: unit["factor"]?.double ?? 1, weights: entityWeights[type] ?? []))
        try add(unit["words"], at: "unit \(symbol)") { $0.unit = number }
    }

    /// Notes a meaning for each phrase of a list.
    private mutating func add(
        _ phrases: JSONValue?, at place: String, _ change: (inout LanguageRules.Meaning) -> Void
    ) throws(LanguageRulesError) {
        guard let phrases else { return }
        guard let list = phrases.array else { throw error("\(place) must be a list of words") }
        for element in list {
            guard let phrase = element.string else { throw error("\(place): \(element) is no text") }
            let isStem = phrase.hasSuffix("*")
            let bytes = FoldedText.fold(isStem ? String(phrase.dropLast()) : phrase)
            guard !bytes.isEmpty else { throw error("\(place): \"\(phrase)\" has no letters") }
            let number = (isStem ? stems[bytes] : whole[bytes]) ?? meanings.count
            if number == meanings.count { meanings.append(.init()) }
            if isStem { stems[bytes] = number } else { whole[bytes] = number }
            change(&meanings[number])

            let words = bytes.split(separator: 0x20)
            if words.count > 1, let first = words.first {
                starters[Array(first)] = max(starters[Array(first)] ?? 0, words.count)
            }
        }
    }

    private func members(_ value: JSONValue?) -> [(String, JSONValue)] {
        (value?.members ?? []).map { ($0.key, $0.value) }
    }

    private func error(_ reason: String) -> LanguageRulesError {
        LanguageRulesError(origin: origin, reason: reason)
    }
}
