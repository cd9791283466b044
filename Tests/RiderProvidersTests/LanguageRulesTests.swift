import Foundation
import RiderModel
import Testing

@testable import RiderProviders

@Suite struct LanguageRulesTests {
    private let rules: LanguageRules

    init() throws {
        rules = try LanguageRules.builtIn()
    }

    struct Sentence: Sendable, CustomTestStringConvertible {
        var text: String
        var intent: String
        /// `type=value` of each entity besides `action`, in order.
        var entities: [String]

        init(_ text: String, _ intent: String, _ entities: String...) {
            self.text = text
            self.intent = intent
            self.entities = entities
        }

        var testDescription: String { text }
    }

    static let sentences: [Sentence] = [
        // Moving
        .init("jedź do kuchni", "navigate", "location=kitchen"),
        .init("Jedź do kuchni!", "navigate", "location=kitchen"),
        .init("proszę jedź teraz do kuchni", "navigate", "location=kitchen"),
        .init("Pojedź do salonu", "navigate", "location=living_room"),
        .init("idź do sypialni", "navigate", "location=bedroom"),
        .init("jedź do łazienki", "navigate", "location=bathroom"),
        .init("zaprowadź mnie do biura", "navigate", "location=office"),
        .init("przyjedź do ogrodu", "navigate", "location=garden"),
        .init("go to the kitchen", "navigate", "location=kitchen"),
        .init("Please go to the living room.", "navigate", "location=living_room"),
        .init("drive to the garage", "navigate", "location=garage"),
        .init("navigate to the bedroom", "navigate", "location=bedroom"),
        .init("take me to the office", "navigate", "person=user", "location=office"),
        .init("chodź do mnie", "navigate", "person=user"),
        .init("come here", "navigate"),
        .init("jedź do przodu", "move", "direction=forward"),
        .init("jedź prosto 2 metry", "move", "direction=forward", "distance=2.0m"),
        .init("jedź do przodu dwa metry", "move", "direction=forward", "distance=2.0m"),
        .init("jedź do przodu pół metra", "move", "direction=forward", "distance=0.5m"),
        .init("jedź do przodu dwa i pół metra", "move", "direction=forward", "distance=2.5m"),
        .init("cofnij się o 50 cm", "move", "direction=backward", "distance=0.5m"),
        .init("jedź do tyłu 1,5 m", "move", "direction=backward", "distance=1.5m"),
        .init("go forward 3 meters", "move", "direction=forward", "distance=3.0m"),
        .init("move back two feet", "move", "direction=backward", "distance=0.6096m"),
        .init("drive forward for ten seconds", "move", "direction=forward", "duration=10.0s"),
        .init("ruszaj naprzód", "move", "direction=forward"),
        // Turning
        .init("skręć w lewo", "turn", "direction=left"),
        .init("skręć w prawo o 90 stopni", "turn", "direction=right", "angle=90.0deg"),
        .init("obróć się o czterdzieści pięć stopni", "turn", "angle=45.0deg"),
        .init("obróć się o sto osiemdziesiąt stopni w lewo", "turn", "angle=180.0deg", "direction=left"),
        .init("turn left", "turn", "direction=left"),
        .init("turn right 45 degrees", "turn", "direction=right", "angle=45.0deg"),
        .init("rotate 90°", "turn", "angle=90.0deg"),
        .init("turn twenty-five degrees to the left", "turn", "angle=25.0deg", "direction=left"),
        // Stopping
        .init("stop", "stop"),
        .init("STÓJ!", "stop"),
        .init("zatrzymaj się", "stop"),
        .init("zatrzymaj się natychmiast proszę", "stop"),
        .init("nie ruszaj się", "stop"),
        .init("don't move", "stop"),
        .init("Don’t move!", "stop"),
        .init("zostań tutaj", "stop"),
        .init("wait 5 seconds", "stop", "duration=5.0s"),
        .init("poczekaj dwie minuty", "stop", "duration=120.0s"),
        // Home
        .init("wróć do bazy", "return_home", "location=base"),
        .init("wracaj do domu", "return_home", "location=home"),
        .init("go home", "return_home", "location=home"),
        .init("return to base", "return_home", "location=base"),
        // Following and looking
        .init("podążaj za mną", "follow", "person=user"),
        .init("jedź za mamą", "follow", "person=mum"),
        .init("follow me", "follow", "person=user"),
        .init("follow the red ball", "follow", "color=red", "object=ball"),
        .init("śledź czerwoną piłkę", "follow", "color=red", "object=ball"),
        .init("co widzisz?", "look"),
        .init("what do you see", "look"),
        .init("rozejrzyj się", "look"),
        .init("zrób zdjęcie", "photo"),
        .init("take a picture of the dog", "photo", "object=dog"),
        .init("gdzie jest kot?", "locate", "object=cat"),
        .init("znajdź zieloną książkę", "locate", "color=green", "object=book"),
        .init("where are my keys", "locate", "object=keys"),
        // Talking
        .init("powiedz dzień dobry wszystkim", "say", "text=dzień dobry wszystkim"),
        .init("say stop to the cat", "say", "text=stop to the cat"),
        .init("cześć", "greet"),
        .init("Dzień dobry!", "greet"),
        .init("hello robot", "greet"),
        .init("do widzenia", "farewell"),
        .init("dziękuję", "thank"),
        .init("thank you", "thank"),
        .init("pomoc", "help"),
        .init("tak", "confirm"),
        .init("nie", "deny"),
        .init("yes please", "confirm"),
        // State
        .init("jaki jest poziom baterii", "status"),
        .init("battery status", "status"),
        .init("szybciej", "speed"),
        .init("slow down", "speed"),
        .init("zatańcz", "dance"),
        .init("ciszej", "volume"),
        .init("patroluj mieszkanie", "explore"),
    ]

    @Test(arguments: sentences)
    func `understands a command`(_ sentence: Sentence) {
        let understood = rules.understand(sentence.text)
        #expect(understood.intent == sentence.intent, "confidence \(understood.confidence)")
        #expect(understood.confidence >= rules.minimumConfidence)
        #expect(understood.confidence <= 0.97)
        let entities = understood.entities.filter { $0.type != "action" }.map { entity in
            switch entity.value {
            case .text(let text): "\(entity.type)=\(text)"
            case .number(let number): "\(entity.type)=\(number)\(entity.unit ?? "")"
            }
        }
        #expect(entities == sentence.entities)
    }

    @Test(arguments: [
        "", " ", "x", "ż 🤖", "zażółć gęślą jaźń 🤖", "lorem ipsum dolor sit amet", "jutro będzie padał deszcz",
        "the weather is nice", "asdf qwerty", "wczoraj oglądaliśmy długi film o kuchni włoskiej i winie",
        "!!!???", "12345", "nie wiem gdzie leży problem z tym programem komputerowym",
    ])
    func `admits that it does not know`(_ text: String) {
        let understood = rules.understand(text)
        #expect(understood.intent == "unknown")
        #expect(understood.confidence < rules.minimumConfidence)
    }

    @Test func `a command that is taken back is not carried out`() {
        #expect(rules.understand("nie jedź do kuchni").intent == "stop")
        #expect(rules.understand("nie skręcaj w lewo").intent != "turn")
        #expect(rules.understand("do not turn left").intent != "turn")
    }

    @Test func `contradicting words cost confidence`() {
        let clear = rules.understand("zatrzymaj się").confidence
        let mixed = rules.understand("zatrzymaj się i zatańcz").confidence
        #expect(mixed < clear)
    }

    @Test func `words that it does not know cost confidence`() {
        let clear = rules.understand("jedź do kuchni").confidence
        let cluttered = rules.understand("jedź do kuchni bo chyba zostawiłem tam wczoraj okulary").confidence
        #expect(cluttered < clear)
    }

    @Test(arguments: [
        ("świetnie, dobra robota", "positive"), ("I love this robot", "positive"), ("dziękuję bardzo", "positive"),
        ("jesteś głupi", "negative"), ("this is terrible", "negative"), ("fatalnie, nienawidzę tego", "negative"),
        ("nie lubię tego", "negative"), ("I don't like it", "negative"), ("nie jest źle", "positive"),
        ("not bad", "positive"), ("jedź do kuchni", "neutral"), ("go to the kitchen", "neutral"), ("", "neutral"),
    ])
    func `tells the mood`(_ text: String, _ label: String) {
        let mood = rules.understand(text).mood
        #expect(mood.label == label)
        #expect(0...1 ~= mood.score)
    }

    @Test func `stronger words give a higher score`() {
        #expect(rules.understand("bardzo dobrze").mood.score > rules.understand("dobrze").mood.score)
    }

    @Test func `a stem is less certain than a whole word`() throws {
        let whole = try #require(rules.understand("kitchen").entities.first)
        let inflected = try #require(rules.understand("kuchniami").entities.first)
        #expect(whole.confidence == 0.95)
        #expect(inflected.confidence < whole.confidence)
    }

    @Test func `survives every sequence of bytes`() {
        var random = SplitMix(seed: 7)
        for _ in 0..<3000 {
            let count = Int.random(in: 0..<80, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let understood = bytes.withUnsafeBufferPointer { rules.understand($0) }
            #expect(0...1 ~= understood.confidence)
        }
    }

    @Test func `reads a text of too many words up to its limit`() {
        let long = Array(repeating: "kuchnia", count: 2000).joined(separator: " ")
        #expect(rules.understand(long).entities.count <= FoldedText.maximumTokens)
        #expect(rules.understand(String(repeating: "9 ", count: 2000)).entities.count <= FoldedText.maximumTokens)
        #expect(rules.understand(String(repeating: "%", count: 4999)).intent == "unknown")
    }

    @Test func `names what is wrong with a file of rules`() {
        #expect(throws: LanguageRulesError.self) { try LanguageRules(toml: "intent = 3 =", origin: "x") }
        #expect(throws: LanguageRulesError.self) { try LanguageRules(toml: "colour = 3", origin: "x") }
        #expect(throws: LanguageRulesError.self) {
            try LanguageRules(toml: "[[intent]]\nstrong = [\"a\"]", origin: "x")
        }
        #expect(throws: LanguageRulesError.self) { try LanguageRules(toml: "", origin: "x") }
        do {
            _ = try LanguageRules(toml: "a = 1\nb = = 2", origin: "mine.toml")
            Issue.record("accepted")
        } catch {
            #expect(error.description.hasPrefix("mine.toml: line 2"))
        }
    }

    // MARK: - The engine around it

    @Test func `answers with the parts that were asked for and nothing else`() throws {
        let engine = RulesEngine(rules: rules, origin: "test")
        let all = try engine.perform(Fixture.task("task.text.nlu.json").envelope.payload)
        #expect(try all.json.members?.map(\.key) == ["intent", "entities", "sentiment"])
        #expect(try all.json["intent"]?["name"] == "navigate")
        #expect(all.metaValue("text_length") == 14)
        #expect(all.metaValue("tasks") == ["intent", "entities", "sentiment"])
        #expect(all.metaValue("engine") == "rules")

        let one = try engine.perform(Fixture.task("task.text.nlu.unicode.json").envelope.payload)
        #expect(try one.json.members?.map(\.key) == ["intent"])
        let standard = try engine.perform(Fixture.task("task.text.nlu.escaped.json").envelope.payload)
        #expect(try standard.json.members?.map(\.key) == ["intent", "entities"])
        #expect(standard.metaValue("text_length") == 3)
    }

    @Test func `an old task key is not read, and tasks as a string is one part`() throws {
        let engine = RulesEngine(rules: rules, origin: "test")
        let legacy = try engine.perform(Fixture.task("bad/task.nlu-legacy-task-key.json").envelope.payload)
        #expect(try legacy.json.members?.map(\.key) == ["intent", "entities"])
        let string = try engine.perform(Fixture.task("bad/task.nlu-tasks-string.json").envelope.payload)
        #expect(try string.json.members?.map(\.key) == ["intent"])
    }

    @Test func `refuses what is no text`() throws {
        let engine = RulesEngine(rules: rules, origin: "test")
        let bad: [(JSONValue, String)] = [
            ([:], "Missing text in payload"), (["text": ""], "Missing text in payload"),
            (["text": nil], "Missing text in payload"), (["text": 7], "text must be a string"),
            (["text": "x", "tasks": ["dance"]], "Unknown task in tasks: use intent, entities, sentiment"),
            (["text": "x", "tasks": 3], "tasks must be a list of intent, entities, sentiment"),
            (["text": .string(String(repeating: "ż", count: 5001))], "Text too long (max 5000 chars)"),
        ]
        for (payload, message) in bad {
            #expect(throws: EngineError.payload(message)) { try engine.perform(payload.encoded[...]) }
        }
        #expect(throws: Never.self) {
            try engine.perform(JSONValue(["text": .string(String(repeating: "ż", count: 5000))]).encoded[...])
        }
    }
}

extension JSONValue {
    fileprivate init(_ members: JSONValue) { self = members }
}
