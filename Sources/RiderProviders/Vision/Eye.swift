import RiderModel

/// What looks at pictures for a vision engine: a process beside this one, or a server.
protocol Eye: Sendable {
    var kind: EngineKind { get }

    /// True when it logs itself whether it can work, because it does not know it at the start.
    var reportsItself: Bool { get }

    /// The model behind it as far as is known, for the result's `meta`.
    var model: String { get }

    /// A version or model when it can look, otherwise what is missing and how to get it.
    func presence() async -> Result<String, EyeTrouble>

    /// The same, when that is known without asking anybody; nil when only asking tells.
    var ownPresence: Result<String, EyeTrouble>? { get }

    /// Looks at one picture.
    ///
    /// - Throws: ``EngineError``, `CancellationError`.
    func look(at picture: PictureRequest) async throws -> Sight

    /// Keeps it alive until cancelled.
    func run() async throws
}

/// Why an eye cannot look now.
struct EyeTrouble: Error, Hashable {
    let description: String
}

/// A picture and what is to be looked for in it.
struct PictureRequest: Sendable {
    /// Quoted base64 text.
    var image: ArraySlice<UInt8>
    /// Classes that count; empty means all that the eye knows.
    var classes: Set<String>
    /// What is less certain is not wanted.
    var confidence: Double
    /// It is not worth looking after this time, in monotonic nanoseconds; nil waits.
    var notAfter: UInt64?

    /// Nobody's fault, and no other engine would be in time.
    static let late = EngineError.payload("Expired before it was shown to an engine")

    /// Writes it as both `tools/engines/vision_opencv.py` and simple servers take it: `image`, `confidence`, `classes`.
    func write(to writer: inout JSONWriter) {
        writer.key("image")
        writer.raw(image)
        writer.key("confidence")
        writer.number(confidence)
        if !classes.isEmpty {
            writer.key("classes")
            writer.array { writer in
                for name in classes.sorted() { writer.string(name) }
            }
        }
    }
}
