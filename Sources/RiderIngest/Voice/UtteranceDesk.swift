import RiderModel

/// Cuts the sound of several senders apart, each by itself. A pure value, bounded in senders and in the sound of each.
struct UtteranceDesk {
    /// What somebody said, with what its first chunk told of it.
    struct Utterance {
        var sender: String
        var sampleRate: Int
        var samples: [Int16]
        var language: String?
        var timestamp: [UInt8]?
        var requestID: String?
        /// Monotonic nanoseconds.
        var endedAt: UInt64
    }

    enum Outcome {
        case utterance(Utterance)
        case tooShort
    }

    fileprivate struct Sender {
        var cutter: UtteranceCutter
        var language: String?
        var timestamp: [UInt8]?
        var requestID: String?
    }

    private let configuration: UtteranceConfiguration
    private var senders: [String: Sender] = [:]

    init(_ configuration: UtteranceConfiguration) {
        self.configuration = configuration
    }

    var senderCount: Int { senders.count }

    /// When ``tick(at:)`` wants to be called at the latest; nil for never.
    var wakeTime: UInt64? { senders.values.compactMap(\.cutter.wakeTime).min() }

    /// - Parameter now: monotonic nanoseconds of its arrival.
    mutating func take(_ chunk: VoiceChunk, at now: UInt64) -> [Outcome] {
        var outcomes: [Outcome] = []
        if let known = senders[chunk.sender], known.cutter.sampleRate != chunk.sampleRate {
            // Sound of two rates cannot be put together.
            outcomes += end(chunk.sender)
        }
        if senders[chunk.sender] == nil { outcomes += makeRoom() }
        var sender =
            senders.removeValue(forKey: chunk.sender)
            ?? Sender(cutter: UtteranceCutter(sampleRate: chunk.sampleRate, configuration))
        if !sender.cutter.isSpeaking { sender.note(chunk) }
        for outcome in sender.cutter.take(chunk.samples, at: now) {
            outcomes.append(sender.outcome(outcome, name: chunk.sender))
            sender.note(chunk)
        }
        senders[chunk.sender] = sender
        return outcomes
    }

    /// Time has passed.
    mutating func tick(at now: UInt64) -> [Outcome] {
        var outcomes: [Outcome] = []
        for (name, var sender) in senders {
            guard let outcome = sender.cutter.tick(at: now) else { continue }
            outcomes.append(sender.outcome(outcome, name: name))
            senders[name] = sender
        }
        return outcomes
    }

    private mutating func makeRoom() -> [Outcome] {
        guard senders.count >= max(1, configuration.maxSenders),
            let oldest = senders.min(by: { $0.value.cutter.lastSoundAt < $1.value.cutter.lastSoundAt })
        else { return [] }
        return end(oldest.key)
    }

    private mutating func end(_ name: String) -> [Outcome] {
        guard var sender = senders.removeValue(forKey: name), let outcome = sender.cutter.finish() else { return [] }
        return [sender.outcome(outcome, name: name)]
    }
}

extension UtteranceDesk.Sender {
    /// What is true of the sound from this chunk on.
    fileprivate mutating func note(_ chunk: VoiceChunk) {
        language = chunk.language
        timestamp = chunk.timestamp.map { Array($0) }
        requestID = chunk.requestID
    }

    fileprivate func outcome(_ outcome: UtteranceCutter.Outcome, name: String) -> UtteranceDesk.Outcome {
        switch outcome {
        case .tooShort: .tooShort
        case .utterance(let utterance):
            .utterance(
                .init(
                    sender: name, sampleRate: cutter.sampleRate, samples: utterance.samples, language: language,
                    timestamp: timestamp, requestID: requestID, endedAt: utterance.endedAt))
        }
    }
}
