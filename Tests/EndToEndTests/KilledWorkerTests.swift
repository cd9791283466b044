import Testing

@Suite(.serialized) struct KilledWorkerTests {
    /// 5,000 tasks, kill -9 at random moments, twenty times: the tool counts what is in the journal.
    @Test func aWorkerKilledTwentyTimesLosesNoTask() async throws {
        let world = try World()
        defer { world.remove() }
        let chaos = try world.python("chaos", ["kill", "--rider", try Checkout.rider])
        try chaos.closeInput()
        var table: [String] = []
        for await line in chaos.lines { table.append(line) }
        #expect(await chaos.wait() == 0, "\(table.joined(separator: "\n"))\n\(chaos.standardError)")
    }
}
