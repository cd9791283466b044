import Foundation
import Synchronization

/// A real process that a test started, with its output as lines. It is killed with the test.
final class RunningProcess: Sendable {
    private let process: Mutex<Process>
    private let input: FileHandle
    /// Lines of standard output. One reader.
    let lines: AsyncStream<String>
    let processID: pid_t
    private let ended: AsyncStream<Int32>

    init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], directory: URL? = nil
    ) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: executable)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        process.currentDirectoryURL = directory
        let (output, error, input) = (Pipe(), Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = error
        process.standardInput = input

        let (lines, lineFeed) = AsyncStream.makeStream(of: String.self)
        self.lines = lines
        let rest = Mutex(Data())
        output.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty {
                handle.readabilityHandler = nil
                lineFeed.finish()
                return
            }
            rest.withLock { rest in
                rest.append(data)
                while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                    lineFeed.yield(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
                    rest = Data(rest[(end + 1)...])
                }
            }
        }
        let text = TextSink()
        error.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil } else { text.append(data) }
        }
        sink = text
        let (ended, endFeed) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        process.terminationHandler = { process in
            endFeed.yield(process.terminationStatus)
            endFeed.finish()
        }
        try process.run()
        processID = process.processIdentifier
        self.input = input.fileHandleForWriting
        self.process = Mutex(process)
    }

    private let sink: TextSink

    deinit {
        kill(processID, SIGKILL)
    }

    /// What the process has said on standard error so far.
    var standardError: String { sink.text }

    func write(_ line: String) throws {
        try input.write(contentsOf: Data((line + "\n").utf8))
    }

    func closeInput() throws {
        try input.close()
    }

    func signal(_ number: Int32) {
        kill(processID, number)
    }

    /// - Returns: the exit status, or the number of the signal that ended it.
    func wait() async -> Int32 {
        for await status in ended { return status }
        return process.withLock(\.terminationStatus)
    }
}

private final class TextSink: Sendable {
    private let data = Mutex(Data())

    func append(_ more: Data) { data.withLock { $0.append(more) } }
    var text: String { data.withLock { String(decoding: $0, as: UTF8.self) } }
}
