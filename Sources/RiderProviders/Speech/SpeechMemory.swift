import Metrics
import RiderModel
import Synchronization

/// Remembers sound that was made, for all engines of `voice.tts` together.
final class SpeechMemory: Sendable {
    /// Everything that a sound depends on.
    struct Key: Sendable, Hashable {
        var engine: String
        var model: String
        /// In the engine's own spelling; the language is a part of it.
        var voice: String
        var speed: Double
        var sampleRate: Int
        var text: String

        fileprivate var bytes: Int {
            engine.utf8.count + model.utf8.count + voice.utf8.count + text.utf8.count
        }
    }

    /// A sound does not grow old; what is not asked for makes room.
    private static let lifetime = Duration.seconds(30 * 86_400)
    private static let maximumCount = 10_000

    private let isEnabled: Bool
    private let memory: Mutex<BoundedMemory<Key, WaveFile>>
    private let hits: Counter
    private let misses: Counter
    private let time: TimeSource

    /// - Parameter maximumBytes: 0 remembers nothing and counts nothing.
    init(maximumBytes: Int, environment: DomainProvider.Environment) {
        isEnabled = maximumBytes > 0
        memory = Mutex(
            BoundedMemory(
                lifetime: Self.lifetime, maximumCount: Self.maximumCount, maximumBytes: maximumBytes))
        let dimensions = [("cache_type", "voice_tts")]
        hits = Counter(label: "cache_hits_total", dimensions: dimensions, factory: environment.metrics)
        misses = Counter(label: "cache_misses_total", dimensions: dimensions, factory: environment.metrics)
        time = environment.time
    }

    func sound(for key: Key) -> WaveFile? {
        guard isEnabled else { return nil }
        let known = memory.withLock { $0.value(for: key, at: time.monotonicNanoseconds()) }
        if known == nil { misses.increment() } else { hits.increment() }
        return known
    }

    func remember(_ sound: WaveFile, for key: Key) {
        guard isEnabled else { return }
        let bytes = sound.samples.count * 2 + key.bytes
        memory.withLock { $0.remember(sound, for: key, bytes: bytes, at: time.monotonicNanoseconds()) }
    }
}
