import Foundation
import Synchronization

/// A Python program of the folder `Python` whose lines are awaited one by one.
final class ForeignProcess: Sendable {
    private let process: Process
    private let input: Pipe
    private let lines: AsyncStream<String>

    init(_ script: String, _ arguments: [String] = [], environment: [String: String] = [:]) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        let folder = Bundle.module.bundleURL.appendingPathComponent("Python")
        process.arguments = [folder.appendingPathComponent(script).path] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        input = Pipe()
        process.standardOutput = output
        process.standardInput = input
        let (lines, sink) = AsyncStream.makeStream(of: String.self)
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
                    sink.yield(String(decoding: rest[..<end], as: UTF8.self))
                    rest.removeFirst(end + 1)
                }
            }
        }
        try process.run()
    }

    deinit {
        kill(SIGKILL)
        process.waitUntilExit()
    }

    /// The next line; an error when the program has ended.
    func nextLine() async throws -> String {
        for await line in lines { return line }
        throw Ended()
    }

    /// Reads lines until one begins like this, and returns it.
    @discardableResult
    func line(beginning start: String) async throws -> String {
        while true {
            let line = try await nextLine()
            if line.hasPrefix(start) { return line }
        }
    }

    func write(_ line: String) {
        input.fileHandleForWriting.write(Data((line + "\n").utf8))
    }

    func kill(_ signal: Int32) {
        if process.isRunning { _ = Glibc.kill(process.processIdentifier, signal) }
    }

    struct Ended: Error {}
}
