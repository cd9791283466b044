import Foundation
import RiderModel
import Synchronization

/// `tools/robot/robot_http.py`: answers as a robot does, and says what it was asked.
final class StandIn: Sendable {
    private let process: Process
    private let input: Pipe
    private let lines: AsyncStream<JSONValue>
    let port: Int

    var url: String { "http://127.0.0.1:\(port)" }

    init(_ arguments: String...) async throws {
        let tools = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("tools/robot/robot_http.py")
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = [tools.path] + arguments
        let output = Pipe()
        input = Pipe()
        process.standardOutput = output
        process.standardInput = input
        let (lines, sink) = AsyncStream.makeStream(of: JSONValue.self)
        self.lines = lines
        let rest = Mutex<[UInt8]>([])
        output.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty {
                handle.readabilityHandler = nil
                sink.finish()
                return
            }
            rest.withLock { rest in
                rest.append(contentsOf: data)
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    if let line = try? JSONValue(parsing: rest[..<end]) { sink.yield(line) }
                    rest.removeFirst(end + 1)
                }
            }
        }
        try process.run()
        var port: Int?
        for await line in lines {
            port = line["port"]?.int
            break
        }
        guard let port else { throw Ended() }
        self.port = port
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
    }

    /// Reads until a line fits, and returns it.
    @discardableResult
    func line(_ fits: (JSONValue) -> Bool) async throws -> JSONValue {
        for await line in lines where fits(line) { return line }
        throw Ended()
    }

    /// Reads until a path is asked for.
    @discardableResult
    func request(_ path: String) async throws -> JSONValue {
        try await line { $0["path"] == .string(path) }
    }

    /// Changes how it answers; returns when that is in force.
    func obey(_ command: JSONValue) async throws {
        input.fileHandleForWriting.write(Data(command.encoded + [UInt8(ascii: "\n")]))
        try await line { $0["done"] == true }
    }

    struct Ended: Error {}
}
