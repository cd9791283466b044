extension LanguageRules {
    /// Holds a text against the rules. Time grows with the length of the text, and nothing but the entities is allocated.
    ///
    /// - Parameter text: UTF-8.
    func understand(_ text: UnsafeBufferPointer<UInt8>) -> Understanding {
        FoldedText.withScratch(for: text.count) { bytes, tokens in
            let folded = FoldedText(text, bytes: bytes, tokens: tokens)
            return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: folded.count + 1) { hashes in
                withUnsafeTemporaryAllocation(of: Double.self, capacity: intents.count) { scores in
                    scores.initialize(repeating: 0)
                    var reading = Reading(rules: self, text: folded, source: text, hashes: hashes, scores: scores)
                    return reading.finish()
                }
            }
        }
    }

    func understand(_ text: String) -> Understanding {
        var text = text
        return text.withUTF8 { understand($0) }
    }
}

/// One pass over one text.
private struct Reading {
    /// A word or phrase of the rules at a place of the text.
    struct Match {
        var words: Int
        /// Bytes that the rule spells out, out of so many in the text.
        var matched: Int
        var length: Int
        var meaning: Int
    }

    /// Evidence that names intents, kept until it is known which intent it speaks for.
    struct Cue {
        var meaning: Int
        var firstWord: Int
        var words: Int
        var isNegated: Bool
    }

    let rules: LanguageRules
    let text: FoldedText
    let source: UnsafeBufferPointer<UInt8>
    /// The hash of the bytes from the current word's beginning up to and with each byte.
    let hashes: UnsafeMutableBufferPointer<UInt64>
    let scores: UnsafeMutableBufferPointer<Double>

    private var cues: [Cue] = []
    private var entities: [Understanding.Entity] = []
    /// Words that carry meaning, and those of them that are arguments of a command.
    private var contentWords = 0
    private var argumentWords = 0
    private var positive = 0.0
    private var negative = 0.0
    private var lastNegation = Int.min / 2
    private var lastIntensifier = Int.min / 2
    private var quotationStart = Int.max
    /// First words that are not yet part of evidence of each kind.
    private var freeForCue = 0
    private var freeForEntity = 0
    private var freeForMood = 0

    init(
        rules: LanguageRules, text: FoldedText, source: UnsafeBufferPointer<UInt8>,
        hashes: UnsafeMutableBufferPointer<UInt64>, scores: UnsafeMutableBufferPointer<Double>
    ) {
        self.rules = rules
        self.text = text
        self.source = source
        self.hashes = hashes
        self.scores = scores
    }

    mutating func finish() -> Understanding {
        var word = 0
        while word < text.tokenCount, word < quotationStart {
            read(word)
            word += 1
        }
        if quotationStart < text.tokenCount { quote() }
        let (intent, confidence) = decide()
        return Understanding(intent: intent, confidence: confidence, entities: entities, mood: mood)
    }

    // MARK: - Words

    private mutating func read(_ word: Int) {
        var isIgnored = false
        var isExplained = word < freeForEntity
        var number = text.tokens[word].number

        forEachMatch(at: word) { reading, match in
            let meaning = reading.rules.meanings[match.meaning]
            if match.words == 1 {
                isIgnored = meaning.isIgnored
                if number.isNaN { number = meaning.number }
            }
            if !meaning.weights.isEmpty, word >= reading.freeForCue {
                reading.cues.append(
                    Cue(
                        meaning: match.meaning, firstWord: word, words: match.words,
                        isNegated: word - reading.lastNegation <= 2))
                reading.freeForCue = word + match.words
                if meaning.quotes { reading.quotationStart = word + match.words }
            }
            if !meaning.entities.isEmpty, word >= reading.freeForEntity {
                reading.note(meaning, match)
                reading.freeForEntity = word + match.words
                isExplained = true
            }
            if meaning.mood != 0, word >= reading.freeForMood {
                reading.feel(meaning.mood, at: word)
                reading.freeForMood = word + match.words
            }
            if match.words == 1 {
                if meaning.isNegation { reading.lastNegation = word }
                if meaning.isIntensifier { reading.lastIntensifier = word }
            }
        }
        if !number.isNaN, word >= freeForEntity, note(number: number, at: word, isDoubtful: isIgnored) {
            isExplained = true
        }
        // A cue's own words count as explained where it is known whether it speaks for the intent.
        let isInCue = word < freeForCue
        if !isIgnored || isExplained || isInCue { contentWords += 1 }
        if isExplained, !isInCue { argumentWords += 1 }
    }

    /// Visits what the rules know at a word, the longest first.
    private mutating func forEachMatch(at word: Int, _ visit: (inout Reading, Match) -> Void) {
        let start = Int(text.tokens[word].start)
        let firstEnd = Int(text.tokens[word].end)
        var hash = PhraseTable.seed
        var hashed = start
        func extend(to end: Int) {
            while hashed < end {
                hash = PhraseTable.hash(hash, text.bytes[hashed])
                hashes[hashed] = hash
                hashed += 1
            }
        }
        extend(to: firstEnd)
        var words = 1
        if let longest = rules.starters.meaning(hash, text.bytes, start..<firstEnd) {
            words = min(longest, text.tokenCount - word)
            extend(to: Int(text.tokens[word + words - 1].end))
        }
        while words > 0 {
            let last = text.tokens[word + words - 1]
            let end = Int(last.end)
            if let meaning = rules.whole.meaning(hashes[end - 1], text.bytes, start..<end) {
                visit(&self, Match(words: words, matched: end - start, length: end - start, meaning: meaning))
            } else {
                var stemEnd = end
                while stemEnd > Int(last.start) {
                    let isPossible = words > 1 || rules.stemLengths & (1 << UInt64(min(stemEnd - start, 63))) != 0
                    if isPossible,
                        let meaning = rules.stems.meaning(hashes[stemEnd - 1], text.bytes, start..<stemEnd)
                    {
                        visit(
                            &self, Match(words: words, matched: stemEnd - start, length: end - start, meaning: meaning))
                        break
                    }
                    stemEnd -= 1
                }
            }
            words -= 1
        }
    }

    // MARK: - Entities

    private mutating func note(_ meaning: LanguageRules.Meaning, _ match: Match) {
        // A whole word is as sure as rules get; of a stem, the part that the rule does not spell out is a guess.
        let confidence = 0.95 * (0.5 + 0.5 * Double(match.matched) / Double(match.length))
        for number in meaning.entities {
            let kind = rules.entityKinds[number]
            weigh(kind.type, kind.weights)
            entities.append(
                .init(type: kind.type, value: .text(kind.value), unit: nil, confidence: confidence.rounded2))
        }
    }

    /// Reads a number of one or more words and the unit behind it.
    ///
    /// - Parameter isDoubtful: the word is mostly something else (`ten` is "this" in Polish): it needs a unit to count.
    private mutating func note(number first: Double, at word: Int, isDoubtful: Bool) -> Bool {
        var value = first
        var next = word + 1
        while next < text.tokenCount {
            guard let meaning = meaning(of: next) else { break }
            if !meaning.multiplier.isNaN {
                value *= meaning.multiplier
            } else if text.tokens[next].number.isNaN, !meaning.number.isNaN, meaning.number > 0,
                meaning.number < Self.lowestPlace(of: value)
            {
                value += meaning.number
            } else if meaning.isIgnored, next + 1 < text.tokenCount, let half = self.meaning(of: next + 1),
                half.number == 0.5
            {
                value += 0.5
                next += 1
            } else {
                break
            }
            next += 1
        }
        let unit = next < text.tokenCount ? meaning(of: next)?.unit ?? -1 : -1
        if unit >= 0 {
            let unit = rules.units[unit]
            weigh(unit.type, unit.weights)
            entities.append(
                .init(type: unit.type, value: .number(value * unit.factor), unit: unit.symbol, confidence: 0.95))
            next += 1
        } else {
            if isDoubtful { return false }
            entities.append(.init(type: "number", value: .number(value), unit: nil, confidence: 0.9))
        }
        freeForEntity = next
        return true
    }

    /// What a single word means; nil when the rules do not know it.
    private mutating func meaning(of word: Int) -> LanguageRules.Meaning? {
        var found: LanguageRules.Meaning?
        forEachMatch(at: word) { reading, match in
            if match.words == 1 { found = reading.rules.meanings[match.meaning] }
        }
        return found
    }

    /// The power of ten that a number ends with: 100 for 300, 10 for 20, 1 for 25, 0 for 0.5.
    private static func lowestPlace(of value: Double) -> Double {
        guard value > 0, value == value.rounded(), value < 1e15 else { return 0 }
        var place = 1.0
        while value.truncatingRemainder(dividingBy: place * 10) == 0 { place *= 10 }
        return place
    }

    /// The rest of the text in its own letters.
    private mutating func quote() {
        let start = Int(text.tokens[quotationStart].source)
        var end = source.count
        while end > start, source[end - 1] <= 0x20 { end -= 1 }
        let words = text.tokenCount - quotationStart
        contentWords += words
        argumentWords += words
        entities.append(
            .init(
                type: "text", value: .text(String(decoding: source[start..<end], as: UTF8.self)), unit: nil,
                confidence: 0.9))
    }

    /// Entities of a type speak for intents once, however many there are.
    private mutating func weigh(_ type: String, _ weights: [LanguageRules.Weight]) {
        guard !weights.isEmpty, !entities.contains(where: { $0.type == type }) else { return }
        for weight in weights { scores[weight.intent] += weight.value }
    }

    // MARK: - Intent

    private mutating func decide() -> (name: String, confidence: Double) {
        for cue in cues where !cue.isNegated {
            for weight in rules.meanings[cue.meaning].weights { scores[weight.intent] += weight.value }
        }
        guard let best = scores.indices.max(by: { scores[$0] < scores[$1] || (scores[$0] == scores[$1] && $0 > $1) }),
            scores[best] > 0, contentWords > 0
        else { return (Understanding.unknownIntent, 0) }

        var evidence = 0.0
        var against = 0.0
        var explained = argumentWords
        for cue in cues {
            var own = 0.0
            var strongest = 0.0
            for weight in rules.meanings[cue.meaning].weights {
                strongest = max(strongest, weight.value)
                if weight.intent == best, !cue.isNegated { own = weight.value }
            }
            evidence += own
            against += strongest - own
            if own > 0 { explained += cue.words }
        }
        let score = scores[best]
        let share = score / (score + against)
        let cover = min(1, Double(explained) / Double(contentWords))
        let confidence = (min(0.97, score) * share * (0.3 + 0.7 * cover)).rounded2
        let isKnown = confidence >= rules.minimumConfidence
        return (isKnown ? rules.intents[best].name : Understanding.unknownIntent, confidence)
    }

    // MARK: - Mood

    private mutating func feel(_ mood: Double, at word: Int) {
        let isTurned = word - lastNegation <= 2
        let weight = word - lastIntensifier == 1 ? 1.5 : 1
        if (mood > 0) != isTurned { positive += weight } else { negative += weight }
    }

    /// Without a word of feeling the text is neutral, which is likely but not proven. With such words the score grows with
    /// their number and shrinks when they contradict.
    private var mood: Understanding.Mood {
        let total = positive + negative
        guard total > 0 else { return .init(label: "neutral", score: 0.6) }
        let difference = (positive - negative).magnitude
        guard difference > 0 else { return .init(label: "neutral", score: 0.5) }
        let score = (difference / total) * (0.5 + 0.45 * (1 - 1 / (1 + total)))
        return .init(label: positive > negative ? "positive" : "negative", score: score.rounded2)
    }
}

extension Double {
    /// Two decimals: more would pretend a precision that nobody has.
    var rounded2: Double { (self * 100).rounded() / 100 }
}
