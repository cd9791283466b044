import Foundation
import NIOCore
import NIOPosix
import RiderHTTP
import ServiceLifecycle

/// A server that really listens, on a port of its own.
struct RunningServer: Sendable {
    let address: ListeningAddress

    /// Runs a server for the length of a test, shuts it down gracefully, and returns when it has ended.
    static func run<Value: Sendable>(
        _ bridge: TestBridge, _ configuration: HTTPConfiguration = .init(),
        _ body: @Sendable (RunningServer) async throws -> Value
    ) async throws -> Value {
        var configuration = configuration
        configuration.port = 0
        let (addresses, announce) = AsyncStream.makeStream(of: ListeningAddress.self)
        let server = bridge.server(configuration) { address in
            announce.yield(address)
            announce.finish()
        }
        let group = ServiceGroup(services: [server], logger: .quiet)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { announce.finish() }
                try await group.run()
            }
            guard let address = await addresses.first(where: { _ in true }) else {
                try await tasks.waitForAll()
                throw CancellationError()
            }
            let value: Value
            do {
                value = try await body(RunningServer(address: address))
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
            return value
        }
    }

    /// Runs curl, a client that is not ours.
    ///
    /// - Returns: what it printed: with `-i` the head too.
    func curl(_ arguments: String..., path: String, input: [UInt8] = []) async throws -> String {
        try await Program.run(
            "/usr/bin/curl", ["-sS", "--max-time", "30"] + arguments + [address.description + path], input: input)
    }

    /// Sends bytes and returns all that came back until the server closed the connection.
    ///
    /// - Parameter endless: goes on sending this until the connection is closed.
    func exchange(_ bytes: String, endless: String? = nil) async throws -> String {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connect(host: address.host, port: address.port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            try await withThrowingTaskGroup(of: String?.self) { group in
                group.addTask {
                    var answer = ""
                    do {
                        for try await piece in inbound { answer += String(buffer: piece) }
                    } catch is IOError {
                        // Reset by the server: what came before counts.
                    }
                    return answer
                }
                group.addTask {
                    do {
                        try await outbound.write(ByteBuffer(string: bytes))
                        while let endless, !Task.isCancelled { try await outbound.write(ByteBuffer(string: endless)) }
                    } catch {
                        // The server has closed the connection, as it should.
                    }
                    return nil
                }
                for try await answer in group {
                    guard let answer else { continue }
                    group.cancelAll()
                    return answer
                }
                return ""
            }
        }
    }
}

/// Other programs, without blocking a task while they run.
enum Program {
    static func run(_ path: String, _ arguments: [String], input: [UInt8]) async throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "rider-http-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (inputFile, outputFile) = (folder.appending(path: "in"), folder.appending(path: "out"))
        try Data(input).write(to: inputFile)
        try Data().write(to: outputFile)
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = try FileHandle(forReadingFrom: inputFile)
        let output = try FileHandle(forWritingTo: outputFile)
        process.standardOutput = output
        process.standardError = output
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            process.terminationHandler = { _ in continuation.resume() }
            do {
                try process.run()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
        return String(decoding: try Data(contentsOf: outputFile), as: UTF8.self)
    }
}
