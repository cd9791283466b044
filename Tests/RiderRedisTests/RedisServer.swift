import Foundation
import TestSupport
import Testing

@testable import RiderRedis

/// A redis-server of the test's own, on a unix socket in a folder of its own; it ends with ``stop()``.
final class RedisServer: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let folder: URL
    private let arguments: [String]
    private let process: ProcessBox

    /// - Parameter arguments: options of redis-server.
    init(_ arguments: [String] = []) throws {
        folder = URL.temporaryDirectory.appending(path: "rider-redis-\(UUID().uuidString.prefix(8))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        self.arguments = arguments
        process = ProcessBox(try Self.start(in: folder, arguments))
    }

    var socket: String { folder.appending(path: "redis.sock").path }
    var processID: Int32 { process.value.processIdentifier }

    /// For queues on this server; only the tests of old producers have their lists drained.
    var configuration: RedisConfiguration {
        var configuration = RedisConfiguration()
        configuration.socket = socket
        configuration.legacyLists = false
        return configuration
    }

    private static func start(in folder: URL, _ arguments: [String]) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            [
                "redis-server", "--port", "0", "--unixsocket", folder.appending(path: "redis.sock").path, "--dir",
                folder.path, "--save", "",
            ] + arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        var log = ""
        while !log.contains("ready to accept connections at") {
            let data = output.fileHandleForReading.availableData
            if data.isEmpty { throw Failure(description: "redis-server ended: \(log)") }
            log += String(decoding: data, as: UTF8.self)
        }
        return process
    }

    func signal(_ number: Int32) {
        kill(processID, number)
    }

    /// Ends the server without ceremony and waits for its end.
    func crash() {
        signal(SIGKILL)
        process.value.waitUntilExit()
    }

    func restart() throws {
        process.value = try Self.start(in: folder, arguments)
    }

    func stop() {
        signal(SIGCONT)
        crash()
        try? FileManager.default.removeItem(at: folder)
    }

    /// What redis-cli prints.
    @discardableResult
    func cli(_ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["redis-cli", "-s", socket] + arguments
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).trimmingCharacters(in: .newlines)
    }

    /// A connection for what tests look at.
    func perform(_ command: RedisCommand) throws -> RedisReply {
        let handle = try RedisHandle(configuration)
        try handle.append(command)
        try handle.flush()
        return try handle.reply()
    }
}

/// `@unchecked Sendable`: every access to `process` happens between lock and unlock of `lock`.
private final class ProcessBox: @unchecked Sendable {
    private let lock = NSLock()
    private var process: Process

    init(_ process: Process) {
        self.process = process
    }

    var value: Process {
        get { lock.withLock { process } }
        set { lock.withLock { process = newValue } }
    }
}

/// Runs a test with a server of its own.
func withServer(_ arguments: String..., body: (RedisServer) async throws -> Void) async throws {
    let server = try RedisServer(arguments)
    defer { server.stop() }
    try await body(server)
}
