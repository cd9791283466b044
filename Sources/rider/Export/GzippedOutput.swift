import RiderHistory

/// Compresses what it is given.
final class GzippedOutput: HistoryExport.Sink {
    private let output: any HistoryExport.Sink
    private let stream: GzipStream

    init(_ output: any HistoryExport.Sink) throws {
        self.output = output
        stream = try GzipStream()
    }

    func write(_ bytes: [UInt8]) throws {
        let compressed = stream.compress(bytes)
        if !compressed.isEmpty { try output.write(compressed) }
    }

    func finish() throws {
        try output.write(stream.finish())
        try output.finish()
    }
}
