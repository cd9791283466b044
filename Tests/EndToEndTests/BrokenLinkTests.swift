import TestSupport
import Testing

@Suite(.serialized) struct BrokenLinkTests {
    /// Two faults of the matrix, shortly: the tool judges what listener, witness and journal know afterwards.
    @Test(.timeLimit(.minutes(3))) func aKilledBrokerAndAKilledListenerLoseNothing() async throws {
        let world = try World()
        defer { world.remove() }
        let chaos = try world.python(
            "chaos",
            [
                "link", "--rider", try Checkout.rider, "--seconds", "1", "--rate", "200", "--fault", "broker-killed",
                "--fault", "subscriber-killed",
            ])
        try chaos.closeInput()
        var table: [String] = []
        for await line in chaos.lines { table.append(line) }
        #expect(await chaos.wait() == 0, "\(table.joined(separator: "\n"))\n\(chaos.standardError)")
    }
}
