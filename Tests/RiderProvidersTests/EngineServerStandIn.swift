import Foundation
import RiderModel
import Subprocess
import Testing

/// The stand-in server of one test, and what it prints.
struct EngineServerStandIn: Sendable {
    let host: String
    /// Lines such as `asked good`.
    let events: AsyncStream<String>

    /// - Parameters:
    ///   - script: in this folder; it prints its port first.
    ///   - certificate: the paths of a certificate and its key, for TLS.
    static func run<Success: Sendable>(
        _ script: String = "engine_server.py", certificate: [String] = [],
        _ body: @escaping @Sendable (EngineServerStandIn) async throws -> Success
    ) async throws -> Success {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: script).path()
        let scheme = certificate.isEmpty ? "http" : "https"
        let result = try await Subprocess.run(
            .name("python3"), arguments: .init([script] + certificate), input: .inputWriter, output: .sequence,
            error: .discarded
        ) { execution in
            var lines = execution.standardOutput.strings().makeAsyncIterator()
            let port = try #require(try await lines.next())
            let (events, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(100))
            let success = try await withThrowingTaskGroup(of: Success?.self) { group in
                nonisolated(unsafe) var rest = lines
                group.addTask {
                    while let line = try? await rest.next() { continuation.yield(line) }
                    return nil
                }
                let success: Result<Success, any Error>
                do {
                    success = .success(try await body(.init(host: "\(scheme)://127.0.0.1:\(port)", events: events)))
                } catch {
                    success = .failure(error)
                }
                // The end of its input ends the server, the end of its output the reader.
                try await execution.standardInputWriter.finish()
                try await group.waitForAll()
                return try success.get()
            }
            return success
        }
        return result.closureResult
    }

    /// Waits for the next request to say something, and returns it.
    func speechRequest() async -> JSONValue {
        for await event in events where event.hasPrefix("to say ") {
            return (try? JSONValue(parsing: String(event.dropFirst("to say ".count)))) ?? .null
        }
        return .null
    }

    func waits(for line: String) async {
        for await event in events where event == line { return }
    }
}
