import RiderModel
import Testing

@Suite struct LanguageTests {
    @Test(arguments: [
        ("pl", Language.polish), ("pl-PL", .polish), ("pl_PL.UTF-8", .polish), ("POL", .polish), ("en", .english),
        ("en-gb", .english), ("en_US-lessac-medium", .english), ("English", .english),
    ])
    func `a tag is read in any spelling`(tag: String, language: Language) {
        #expect(Language(tag: tag) == language)
    }

    @Test(arguments: ["", "de", "de-PL", "-", "plplpl"])
    func `another language is none of ours`(tag: String) {
        #expect(Language(tag: tag) == nil)
    }

    @Test(arguments: [
        ("Jedź do kuchni", Language.polish), ("co robi nawigator", .polish), ("CO WIDZISZ?", .polish),
        ("powiedz mi ktora jest godzina", .polish), ("What is in front of you?", .english),
        ("tell me a story", .english), ("Describe the room", .english),
    ])
    func `a text shows its language`(text: String, language: Language) {
        #expect(Language(ofText: text) == language)
    }

    @Test(arguments: ["", "stop", "42", "Robert", "Привет"])
    func `a text that could be either decides nothing`(text: String) {
        #expect(Language(ofText: text) == nil)
    }

    @Test func `people are told everything in both languages`() {
        for message in PersonMessage.allCases {
            let (polish, english) = (message.text(in: .polish), message.text(in: .english))
            #expect(polish != english)
            #expect(Language(ofText: polish) == .polish)
            #expect(Language(ofText: english) == .english)
        }
    }
}
