import Foundation
import Logging
import RiderModel
import Synchronization
import Testing

@testable import RiderProviders

@Suite struct CoprocessTests {
    private func coprocess(_ arguments: [String] = [], start: Duration = .seconds(60)) -> Coprocess {
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "echo_engine.py").path()
        var configuration = Coprocess.Configuration(name: "echo", command: ["python3", script] + arguments)
        configuration.limits = .init(start: start, firstRestart: .milliseconds(20), lastRestart: .milliseconds(100))
        return Coprocess(configuration, logger: Logger(label: "test"), time: .system)
    }

    private func running<Success: Sendable>(
        _ coprocess: Coprocess, _ body: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do { try await coprocess.run() } catch is CancellationError {}
            }
            let result: Result<Success, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            group.cancelAll()
            try await group.waitForAll()
            return try result.get()
        }
    }

    private func ask(_ coprocess: Coprocess, _ what: String, say: String = "") async throws -> JSONValue {
        try await coprocess.request { writer in
            writer.key("do")
            writer.string(what)
            writer.key("say")
            writer.string(say)
        }
    }

    @Test func `answers many requests with one process, whatever they hold`() async throws {
        let coprocess = coprocess()
        try await running(coprocess) {
            var processes: Set<Int> = []
            for text in ["hej", "zażółć\n\"🤖\"", String(repeating: "x", count: 300_000), ""] {
                let answer = try await ask(coprocess, "echo", say: text)
                #expect(answer["said"]?.string == text)
                processes.insert(answer["pid"]?.int ?? 0)
            }
            #expect(processes.count == 1)
        }
    }

    @Test func `white space in a request does not break the line`() async throws {
        let coprocess = coprocess()
        try await running(coprocess) {
            let answer = try await coprocess.request { writer in
                writer.key("say")
                writer.raw("\n\r\n[1,\n2]".utf8)
            }
            #expect(answer["said"] == [1, 2])
        }
    }

    @Test func `several at once are answered one after the other`() async throws {
        let coprocess = coprocess()
        try await running(coprocess) {
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<10 {
                    group.addTask { try await ask(coprocess, "echo", say: "\(number)")["said"]?.string == "\(number)" }
                }
                for try await isRight in group { #expect(isRight) }
            }
        }
    }

    @Test(arguments: [
        ("die", "echo ended (exit code 3)"), ("kill", "echo ended (signal 9)"),
        ("babble", "echo wrote something that is not JSON"), ("stranger", "echo answered a request that was not asked"),
        ("flood", "echo wrote a message of more than 1048576 bytes"),
    ])
    func `one that breaks in the middle of a request fails it and serves the next`(_ what: String, _ failure: String)
        async throws
    {
        let coprocess = coprocess()
        try await running(coprocess) {
            let before = try await ask(coprocess, "echo")["pid"]?.int
            await #expect(throws: Coprocess.Failure(description: failure)) { try await ask(coprocess, what) }
            let after = try await ask(coprocess, "echo")["pid"]?.int
            #expect(before != nil && after != nil && before != after)
            let isGone = kill(Int32(before ?? 0), 0) == -1
            #expect(isGone)
        }
    }

    @Test func `one that hangs is killed with the request that is cancelled, and the next is served`() async throws {
        try await withTemporaryFolder { folder in
            let coprocess = coprocess()
            try await running(coprocess) {
                let before = try await ask(coprocess, "echo")["pid"]?.int
                await #expect(throws: DeadlineExceeded.self) {
                    try await withDeadline(.milliseconds(500)) {
                        try await coprocess.request { writer in
                            writer.key("do")
                            writer.string("hang")
                            writer.key("note")
                            writer.string(folder + "/hangs")
                        }
                    }
                }
                let after = try await ask(coprocess, "echo")["pid"]?.int
                #expect(before != after)
                #expect(kill(Int32(before ?? 0), 0) == -1)
            }
        }
    }

    @Test func `complaints are no answers, and a closed error stream is no end`() async throws {
        let coprocess = coprocess()
        try await running(coprocess) {
            _ = try await ask(coprocess, "complain")
            _ = try await ask(coprocess, "mute")
            let answer = try await ask(coprocess, "echo", say: "still here")
            #expect(answer["said"] == "still here")
        }
    }

    @Test func `one that cannot work says why`() async throws {
        let coprocess = coprocess(["--not-ready"])
        try await running(coprocess) {
            await #expect(throws: Coprocess.Failure.self) { try await ask(coprocess, "echo") }
            guard case .down(let reason) = coprocess.readiness else {
                Issue.record("\(coprocess.readiness)")
                return
            }
            #expect(reason == "cannot work: no model")
        }
    }

    @Test func `one that never becomes ready is given up`() async throws {
        let coprocess = coprocess(["--silent"], start: .milliseconds(100))
        try await running(coprocess) {
            do {
                _ = try await ask(coprocess, "echo")
                Issue.record("answered")
            } catch let failure as Coprocess.Failure {
                #expect(failure.description.contains("did not become ready within 0.1 s"))
            }
        }
    }

    @Test func `a program that does not exist is named`() async throws {
        let configuration = Coprocess.Configuration(
            name: "ghost", command: ["/nonexistent/engine"],
            limits: .init(firstRestart: .milliseconds(1), lastRestart: .milliseconds(1)))
        let coprocess = Coprocess(configuration, logger: Logger(label: "test"), time: .system)
        try await running(coprocess) {
            do {
                _ = try await ask(coprocess, "echo")
                Issue.record("answered")
            } catch let failure as Coprocess.Failure {
                #expect(failure.description.contains("/nonexistent/engine: No such file or directory"))
            }
        }
    }

    @Test func `the end of the run ends the process and every request`() async throws {
        try await withTemporaryFolder { folder in
            let coprocess = coprocess()
            let process = Mutex(0)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do { try await coprocess.run() } catch is CancellationError {}
                }
                let id = try await ask(coprocess, "echo")["pid"]?.int ?? 0
                process.withLock { $0 = id }
                group.cancelAll()
                try await group.waitForAll()
            }
            #expect(kill(Int32(process.withLock { $0 }), 0) == -1)
            await #expect(throws: Coprocess.Failure(description: "echo was stopped")) {
                try await ask(coprocess, "echo")
            }
        }
    }

    @Test func `a request cancelled before the process runs ends at once`() async throws {
        let coprocess = coprocess()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await #expect(throws: CancellationError.self) { try await ask(coprocess, "echo") }
            }
            group.cancelAll()
        }
        #expect(coprocess.load == 0)
    }

    private func in20Milliseconds() -> UInt64 { TimeSource.system.monotonicNanoseconds() + 20_000_000 }

    @Test func `a request is not shown to a process that is ready too late`() async throws {
        let coprocess = coprocess(["--silent"])
        try await running(coprocess) {
            await #expect(throws: Coprocess.Late.self) {
                _ = try await coprocess.request(notAfter: in20Milliseconds()) { _ in }
            }
            return
        }
    }

    @Test func `a request whose time is up behind another one is not shown, and costs nobody anything`() async throws {
        let coprocess = coprocess()
        try await running(coprocess) {
            let before = try await ask(coprocess, "echo")["pid"]?.int
            // Already too late.
            await #expect(throws: Coprocess.Late.self) { try await coprocess.request(notAfter: 1) { _ in } }
            let after = try await ask(coprocess, "echo")["pid"]?.int
            #expect(before == after)
        }
        try await withTemporaryFolder { folder in
            let busy = self.coprocess()
            try await running(busy) {
                await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        _ = try await busy.request { writer in
                            writer.key("do")
                            writer.string("hang")
                            writer.key("note")
                            writer.string(folder + "/hangs")
                        }
                    }
                    while !FileManager.default.fileExists(atPath: folder + "/hangs") { await Task.yield() }
                    await #expect(throws: Coprocess.Late.self) {
                        try await busy.request(notAfter: in20Milliseconds()) { _ in }
                    }
                    #expect(busy.load == 1, "the one that hangs is still being worked on")
                    group.cancelAll()
                }
            }
        }
    }

    @Test func `a request in time is answered`() async throws {
        let coprocess = coprocess()
        try await running(coprocess) {
            let tomorrow = TimeSource.system.monotonicNanoseconds() + 86_400_000_000_000
            let answer = try await coprocess.request(notAfter: tomorrow) { writer in
                writer.key("say")
                writer.string("hej")
            }
            #expect(answer["said"] == "hej")
        }
    }
}
