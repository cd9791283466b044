import TestSupport
import Testing

/// `tools/chaos` as people run it, with the program that was built beside the tests. Its verdict does not depend on the machine's speed.
@Suite(.serialized, .timeLimit(.minutes(3))) struct ChaosTests {
    /// 5,000 tasks, kill -9 at random moments, twenty times: the tool counts what is in the journal.
    @Test func aWorkerKilledTwentyTimesLosesNoTask() async throws {
        try await run(["kill"])
    }

    /// Workers killed and hung, Redis killed and frozen: each task has one result that counts, and no claim was out of order.
    @Test func workersOnOneRedisLoseAndDoubleNothing() async throws {
        try await run(
            ["queue", "--tasks", "3000", "--kills", "6", "--hangs", "1", "--freezes", "1", "--restarts", "2"])
    }

    private func run(_ arguments: [String]) async throws {
        let world = try World()
        defer { world.remove() }
        let chaos = try world.python("chaos", arguments + ["--rider", try Checkout.rider])
        try chaos.closeInput()
        var table: [String] = []
        for await line in chaos.lines { table.append(line) }
        #expect(await chaos.wait() == 0, "\(table.joined(separator: "\n"))\n\(chaos.standardError)")
    }
}
