import FoundationEssentials
import RiderModel
import Synchronization

/// A part of a speech that can be played while the rest is being made.
public struct SpeechChunk: Sendable {
    /// In a result's meta: how many chunks were given away before the result. The result's own sound repeats them.
    public static let countKey = "chunks"

    /// WAV in standard base64.
    public var data: String
    public var sampleRate: Int
    public var milliseconds: Int
    /// From 0.
    public var index: Int
    public var isLast: Bool
}

/// Gives chunks away as they are made, each once: an engine that takes a speech over from one that broke down begins again,
/// but nobody hears its beginning twice.
final class SpeechStream: Sendable {
    private struct Speech: Hashable {
        let id: String
        let enqueuedAt: UnixTime
    }

    /// Speeches that are remembered as begun.
    private static let maximumCount = 64

    private let listener: (@Sendable (ClaimedTask, SpeechChunk) -> Void)?
    private let begun = Mutex<[(speech: Speech, given: Int)]>([])

    init(_ listener: (@Sendable (ClaimedTask, SpeechChunk) -> Void)?) {
        self.listener = listener
    }

    var isHeard: Bool { listener != nil }

    func offer(_ sound: WaveFile, index: Int, count: Int, of task: ClaimedTask) {
        guard let listener else { return }
        let speech = Speech(id: task.envelope.id, enqueuedAt: task.enqueuedAt)
        let isNew = begun.withLock { begun in
            let place = begun.firstIndex { $0.speech == speech }
            let given = place.map { begun.remove(at: $0).given } ?? 0
            begun.append((speech, max(given, index + 1)))
            if begun.count > Self.maximumCount { begun.removeFirst() }
            return index >= given
        }
        guard isNew else { return }
        let chunk = SpeechChunk(
            data: Data(sound.encoded).base64EncodedString(), sampleRate: sound.sampleRate,
            milliseconds: sound.milliseconds, index: index, isLast: index == count - 1)
        listener(task, chunk)
    }
}
