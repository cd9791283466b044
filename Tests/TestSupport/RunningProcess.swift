import Foundation
import Synchronization

/// A real process that a test started, with its output as lines. It is killed with the test.
///
/// Not Foundation's `Process`: its children inherit the blocked signals of whatever thread the test runs on, and would never
/// hear a SIGTERM.
package final class RunningProcess: Sendable {
    package struct CannotStart: Error {
        let executable: String
        let reason: String
    }

    package struct NeverSaid: Error {
        let text: String
        let said: String
    }

    /// Lines of standard output. One reader.
    package let lines: AsyncStream<String>
    package let processID: pid_t
    private let hasEnded: Ending
    private let input: FileHandle
    private let complaints: Collector
    private let ended: AsyncStream<Int32>
    private static let spawning = Mutex(())
    /// What programs need to run at all. Everything else is the caller's: its settings of `rider`, its Redis, its robot.
    private static let inherited: Set = ["PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LD_LIBRARY_PATH"]

    package init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], directory: URL? = nil
    ) throws {
        let (output, error, input) = (Pipe(), Pipe(), Pipe())
        let environment = ProcessInfo.processInfo.environment.filter { Self.inherited.contains($0.key) }
            .merging(environment) { $1 }
        processID = try Self.spawning.withLock { _ in
            let ours = [input.fileHandleForWriting, output.fileHandleForReading, error.fileHandleForReading]
            let theirs = [input.fileHandleForReading, output.fileHandleForWriting, error.fileHandleForWriting]
            // A pipe's end that another child kept open would never end.
            for handle in ours + theirs { _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC) }
            return try Self.spawn(
                [executable] + arguments, environment, directory, descriptors: theirs.map(\.fileDescriptor))
        }
        try input.fileHandleForReading.close()
        try output.fileHandleForWriting.close()
        try error.fileHandleForWriting.close()
        self.input = input.fileHandleForWriting

        let (lines, lineFeed) = AsyncStream.makeStream(of: String.self)
        self.lines = lines
        let collector = Collector()
        let complaints = Collector()
        self.complaints = complaints
        Self.read(output.fileHandleForReading) { data in
            for line in collector.lines(completedBy: data) { lineFeed.yield(line) }
        } atEnd: {
            lineFeed.finish()
        }
        Self.read(error.fileHandleForReading) {
            complaints.append($0)
        } atEnd: {
            complaints.end()
        }
        let (ended, endFeed) = AsyncStream.makeStream(of: Int32.self)
        self.ended = ended
        let hasEnded = Ending()
        self.hasEnded = hasEnded
        Thread.detachNewThread { [processID] in
            var status: Int32 = 0
            while waitpid(processID, &status, 0) < 0, errno == EINTR {}
            hasEnded.flag.store(true, ordering: .relaxed)
            // The number of the signal, or the exit code.
            endFeed.yield(status & 0x7F != 0 ? status & 0x7F : status >> 8)
            endFeed.finish()
        }
    }

    deinit {
        signal(SIGKILL)
    }

    private final class Ending: Sendable {
        let flag = Atomic(false)
    }

    /// Reads on a thread of its own. Not by a readability handler: when many processes come and go, the end of a pipe whose
    /// descriptor was another one's a moment ago may never be told.
    private static func read(
        _ pipe: FileHandle, _ take: @escaping @Sendable (Data) -> Void, atEnd: @escaping @Sendable () -> Void
    ) {
        Thread.detachNewThread {
            while case let data = pipe.availableData, !data.isEmpty { take(data) }
            atEnd()
        }
    }

    private static func spawn(
        _ arguments: [String], _ environment: [String: String], _ directory: URL?, descriptors: [Int32]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        let moving = ["/bin/sh", "-c", #"cd "$0" && exec "$@""#, directory?.path ?? "."]
        let argv = (moving + arguments).map { strdup($0) } + [nil]
        let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var processID = pid_t()
        let code = posix_spawn(&processID, moving[0], &actions, &attributes, argv, envp)
        guard code == 0 else { throw CannotStart(executable: arguments[0], reason: String(cString: strerror(code))) }
        return processID
    }

    /// What the process has said on standard error so far.
    package var standardError: String { complaints.text }

    /// Returns when the process has said something on standard error so many times.
    ///
    /// - Throws: when it ends before.
    package func waitUntilSaid(_ text: String, times: Int = 1) async throws {
        for await said in complaints.changes() where said.components(separatedBy: text).count > times { return }
        throw NeverSaid(text: text, said: standardError)
    }

    package func write(_ line: String) throws {
        try input.write(contentsOf: Data((line + "\n").utf8))
    }

    package func closeInput() throws {
        try input.close()
    }

    /// Does nothing when the process has ended: its number may be another one's by then.
    package func signal(_ number: Int32) {
        if !hasEnded.flag.load(ordering: .relaxed) { kill(processID, number) }
    }

    /// - Returns: the exit code, or the number of the signal that ended it.
    package func wait() async -> Int32 {
        for await status in ended { return status }
        return -1
    }
}

/// Bytes that arrive piece by piece.
private final class Collector: Sendable {
    private struct State {
        var data = Data()
        var isAtEnd = false
        var readers: [AsyncStream<String>.Continuation] = []

        var text: String { String(decoding: data, as: UTF8.self) }
    }

    private let state = Mutex(State())

    var text: String { state.withLock { $0.text } }

    func append(_ more: Data) {
        state.withLock { state in
            state.data.append(more)
            for reader in state.readers { reader.yield(state.text) }
        }
    }

    func end() {
        state.withLock { state in
            state.isAtEnd = true
            for reader in state.readers { reader.finish() }
        }
    }

    /// Everything that has arrived, now and whenever there is more.
    func changes() -> AsyncStream<String> {
        let (stream, reader) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { state in
            reader.yield(state.text)
            if state.isAtEnd { reader.finish() } else { state.readers.append(reader) }
        }
        return stream
    }

    func lines(completedBy more: Data) -> [String] {
        state.withLock { state in
            state.data.append(more)
            var lines: [String] = []
            while let end = state.data.firstIndex(of: UInt8(ascii: "\n")) {
                lines.append(String(decoding: state.data[state.data.startIndex..<end], as: UTF8.self))
                state.data = Data(state.data[(end + 1)...])
            }
            return lines
        }
    }
}
