import Foundation
import Logging
import NIOCore
import NIOPosix
import RiderMetrics
import Synchronization
import Testing

@testable import RiderHTTP

@Suite(.timeLimit(.minutes(2)))
struct RunningServerTests {
    private let bridge = TestBridge()
    private let task = #"{"task_type":"text.nlu","payload":{"text":"hi"}}"#

    @Test func `curl reads metrics and puts a task in`() async throws {
        try await RunningServer.run(bridge) { server in
            #expect(server.address.port > 0)
            #expect(server.address.host == "127.0.0.1")
            let metrics = try await server.curl("-i", path: "/metrics")
            #expect(metrics.contains("HTTP/1.1 200 OK"))
            #expect(metrics.lowercased().contains("\r\ndate: thu, 13 nov 2025 02:13:20 gmt\r\n"))
            #expect(metrics.lowercased().contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"))
            let answer = try await server.curl(
                "-i", "-H", "Content-Type: application/json", "--data-binary", task, path: "/api/tasks")
            #expect(answer.contains("HTTP/1.1 202 Accepted"))
            #expect(answer.hasSuffix(#""rejected":[]}"#))
        }
        #expect(bridge.submitted.count == 1)
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool")))
    func `promtool accepts the live metrics`() async throws {
        let bridge = bridge
        try await RunningServer.run(bridge) { server in
            _ = try await server.curl(path: "/providers/capabilities")
            let metrics = try await server.curl(path: "/metrics")
            let complaints = try await Program.run(
                "/usr/bin/promtool", ["check", "metrics"], input: Array(metrics.utf8))
            #expect(complaints == "")
        }
    }

    @Test func `a page whose name points here is refused`() async throws {
        try await RunningServer.run(bridge) { server in
            let answer = try await server.curl("-i", "-H", "Host: evil.example", path: "/metrics")
            #expect(answer.contains("HTTP/1.1 403"))
            #expect(answer.contains("host_not_allowed"))
        }
    }

    @Test func `a body of 9 MiB is refused with an answer that the client can read`() async throws {
        try await RunningServer.run(bridge) { server in
            let body = [UInt8](repeating: UInt8(ascii: " "), count: 9 << 20)
            for transfer in ["Content-Length: \(body.count)", "Transfer-Encoding: chunked"] {
                let answer = try await server.curl(
                    "-i", "-H", "Content-Type: application/json", "-H", transfer, "-H", "Expect:", "--data-binary",
                    "@-", path: "/api/tasks", input: body)
                #expect(answer.contains("HTTP/1.1 413"), "\(transfer)")
                #expect(answer.contains("body_too_large"))
            }
        }
        #expect(bridge.submitted.isEmpty)
    }

    @Test func `a body without end is cut off`() async throws {
        var configuration = HTTPConfiguration()
        configuration.maxBodyBytes = 100_000
        try await RunningServer.run(bridge, configuration) { server in
            let chunk = "4000\r\n" + String(repeating: " ", count: 0x4000) + "\r\n"
            for path in ["/api/tasks", "/metrics", "/nothing"] {
                // Returns only because the server ends the connection.
                _ = try await server.exchange(
                    "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n", endless: chunk)
            }
        }
        #expect(bridge.submitted.isEmpty)
    }

    @Test func `an announced giant body is refused before it is sent`() async throws {
        try await RunningServer.run(bridge) { server in
            let answer = try await server.exchange(
                "POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                    + "Content-Length: 99999999999\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 413"))
            #expect(answer.contains("body_too_large"))
        }
    }

    @Test(arguments: [
        "GET /metr", "POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nX: ",
        "POST /api/tasks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{",
        "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ])
    func `a connection on which nothing happens is closed`(sent: String) async throws {
        var configuration = HTTPConfiguration()
        configuration.idleTimeout = .milliseconds(50)
        try await RunningServer.run(bridge, configuration) { server in
            _ = try await server.exchange(sent)
        }
        #expect(bridge.submitted.isEmpty)
    }

    @Test func `what is no HTTP is answered with 400`() async throws {
        try await RunningServer.run(bridge) { server in
            let answer = try await server.exchange("\u{1}\u{2} garbage\r\n\r\n")
            #expect(answer.hasPrefix("HTTP/1.1 400"))
        }
    }

    @Test func `a client that does not read its answer is cut off`() async throws {
        var configuration = HTTPConfiguration()
        configuration.requestTimeout = .milliseconds(100)
        var sources = bridge.sources()
        sources.metrics = { [UInt8](repeating: UInt8(ascii: "#"), count: 64 << 20) }
        configuration.port = 0
        let (addresses, announce) = AsyncStream.makeStream(of: ListeningAddress.self)
        let server = HTTPServer(
            configuration: configuration, sources: sources, factory: bridge.registry, logger: .quiet,
            onListening: { announce.yield($0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try? await server.run() }
            let address = try #require(await addresses.first { _ in true })
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .channelOption(.autoRead, value: false)
                .connect(host: address.host, port: address.port).get()
            // Without reading, a client learns of the end only from a write that fails.
            var isOpen = true
            while isOpen {
                do {
                    try await channel.writeAndFlush(
                        ByteBuffer(string: "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                } catch {
                    isOpen = false
                }
            }
            try? await channel.close()
            group.cancelAll()
        }
    }

    @Test func `a taken port is an error that names it and the keys`() async throws {
        let bridge = bridge
        try await RunningServer.run(bridge) { server in
            var configuration = HTTPConfiguration()
            configuration.port = server.address.port
            let second = bridge.server(configuration)
            let error = await #expect(throws: HTTPServerError.self) { try await second.run() }
            #expect(error?.description.contains("port \(server.address.port)") == true)
            #expect(error?.description.contains("http.port") == true)
        }
    }

    @Test func `cancelling the task ends the server`() async throws {
        var configuration = HTTPConfiguration()
        configuration.port = 0
        let (addresses, announce) = AsyncStream.makeStream(of: ListeningAddress.self)
        let server = bridge.server(configuration) { announce.yield($0) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await server.run() }
            _ = await addresses.first { _ in true }
            group.cancelAll()
        }
    }

    @Test func `the log says where the server listens and never the token`() async throws {
        let lines = LogLines()
        var configuration = HTTPConfiguration()
        configuration.host = "0.0.0.0"
        configuration.port = 0
        configuration.token = "top-secret"
        var logger = Logger(label: "http") { _ in lines }
        logger.logLevel = .trace
        let (addresses, announce) = AsyncStream.makeStream(of: ListeningAddress.self)
        let server = bridge.server(configuration, logger: logger) { announce.yield($0) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { try? await server.run() }
            let address = await addresses.first { _ in true }
            let text = lines.all.joined(separator: "\n")
            #expect(text.contains("http://0.0.0.0:\(address?.port ?? -1)"))
            group.cancelAll()
        }
        #expect(!lines.all.contains { $0.contains("top-secret") })
    }
}

/// Remembers what was logged.
private final class LogLines: LogHandler {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    subscript(metadataKey _: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        lines.withLock { $0.append("\(event.message) \(event.metadata ?? [:])") }
    }
}
