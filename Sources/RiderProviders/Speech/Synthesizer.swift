import RiderModel

/// Says a text: one of the ways in which engines of `voice.tts` do it.
protocol Synthesizer: Sendable {
    var kind: EngineKind { get }

    func status() async -> (isThere: Bool, detail: String)

    /// The engine's own name for the voice that a task asks for.
    ///
    /// - Throws: ``EngineError/payload(_:)`` for what can be no voice, ``EngineError/unsuited(_:)`` for another engine's.
    func voice(for asked: String) throws(EngineError) -> String

    /// - Parameters:
    ///   - voice: as ``voice(for:)`` gave it.
    ///   - speed: 1 is normal, 2 twice as fast.
    /// - Throws: ``EngineError``, `CancellationError`.
    func speak(_ text: String, voice: String, speed: Double) async throws -> WaveFile

    func run() async throws
}
