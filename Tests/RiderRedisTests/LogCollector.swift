import Logging

/// Collects what is logged, one line each, with its level first.
final class LogCollector: Sendable {
    private let lines = AsyncStream.makeStream(of: String.self)

    var logger: Logger {
        let sink = lines.continuation
        return Logger(label: "test") { _ in Handler(sink: sink) }
    }

    /// Waits for the next line.
    func next() async -> String {
        for await line in lines.stream { return line }
        return ""
    }

    private struct Handler: LogHandler {
        let sink: AsyncStream<String>.Continuation
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.info

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            sink.yield("\(event.level) \(event.message) \(event.metadata ?? [:])")
        }
    }
}
