import Foundation
import RiderModel
import TestSupport
import Testing

/// `rider replay` as people use it, with a foreign subscriber.
@Suite(.serialized, .timeLimit(.minutes(2))) struct ReplayTests {
    private func enqueue(_ count: Int, in world: World) async throws {
        let lines = (0..<count).map { #"{"task_id":"t\#($0)","task_type":"text.nlu","payload":{"text":"stop"}}"# }
        _ = try await world.output(["enqueue", "-"], input: lines.joined(separator: "\n"))
    }

    /// Waits until the journal knows that nobody was there for so many results: they are history.
    private func results(_ count: Int, in world: World) async throws {
        try await world.waitUntil("SELECT total(last - first + 1) FROM delivery WHERE state = 1", is: "\(count).0")
    }

    /// Runs a replay to its end.
    private func replay(_ options: [String], in world: World) async throws -> (status: Int32, report: JSONValue) {
        let process = try world.rider(["replay", "--json"] + options)
        var last = "null"
        for await line in process.lines { last = line }
        return (await process.wait(), try JSONValue(parsing: Array(last.utf8)))
    }

    private func settings(_ more: [String: String] = [:]) -> [String: String] {
        ["RIDER_TELEMETRY_CATCH_UP": "off", "RIDER_METRICS_SAMPLE_SECONDS": "0"].merging(more) { $1 }
    }

    @Test func historyIsSentBesideAWorkerAndWithoutOne() async throws {
        let world = try World()
        defer { world.remove() }
        try await enqueue(200, in: world)
        let worker = try world.rider(["worker"], settings())
        try await results(200, in: world)

        let nobody = try await replay(["--since", "1h", "--wait", "200ms"], in: world)
        #expect(nobody.status == 1)
        #expect(nobody.report["phase"]?.string == "no_subscriber")
        #expect(nobody.report["sent"]?.int == 0)

        let subscriber = try world.python("robot/subscriber.py", [world.telemetryEndpoint, "telemetry.text"])
        var lines = subscriber.lines.makeAsyncIterator()
        #expect(await lines.next() == "ready")
        let beside = try await replay(["--only-undelivered", "--rate", "2000/s"], in: world)
        #expect(beside.status == 0, "\(worker.standardError)")
        #expect(beside.report["handed_off"]?.int == 200)
        #expect(beside.report["confirms"]?.bool == false)
        for seq in 1...200 { #expect(await lines.next()?.split(separator: " ")[2] == "\(seq)") }
        let again = try await replay(["--only-undelivered"], in: world)
        #expect(again.status == 0)
        #expect(again.report["run"] == .null, "nothing is left to send")

        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)
        let alone = try await replay(["--since", "seq:101", "--rate", "max", "--wait", "30s"], in: world)
        #expect(alone.status == 0)
        #expect(alone.report["handed_off"]?.int == 100)
        for seq in 101...200 { #expect(await lines.next()?.split(separator: " ")[2] == "\(seq)") }
    }

    @Test func aStoppedReplayIsResumedWhereItWas() async throws {
        let world = try World()
        defer { world.remove() }
        try await enqueue(300, in: world)
        let worker = try world.rider(["worker"], settings())
        try await results(300, in: world)
        let subscriber = try world.python("robot/subscriber.py", [world.telemetryEndpoint, "telemetry.text"])
        var lines = subscriber.lines.makeAsyncIterator()
        #expect(await lines.next() == "ready")

        let first = try world.rider(["replay", "--since", "1h", "--rate", "50/s", "--json"])
        // It is under way when a message is here.
        #expect(await lines.next()?.split(separator: " ")[2] == "1")
        first.signal(SIGINT)
        var last = "null"
        for await line in first.lines { last = line }
        #expect(await first.wait() == 3)
        let stopped = try JSONValue(parsing: Array(last.utf8))
        #expect(stopped["phase"]?.string == "stopped")
        let run = try #require(stopped["run"]?.int)
        let rest = try await replay(["--resume", String(run), "--rate", "max"], in: world)
        #expect(rest.status == 0, "\(worker.standardError)")
        #expect(rest.report["handed_off"]?.int == 300)
        for seq in 2...300 { #expect(await lines.next()?.split(separator: " ")[2] == "\(seq)", "each of them once") }
        #expect(try await replay(["--resume", String(run)], in: world).status == 1, "done runs are done")
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)
    }

    @Test func aReplayWhoseCommandIsKilledIsStoppedAndCanBeResumed() async throws {
        let world = try World()
        defer { world.remove() }
        try await enqueue(300, in: world)
        let worker = try world.rider(["worker"], settings())
        try await results(300, in: world)
        let subscriber = try world.python("robot/subscriber.py", [world.telemetryEndpoint, "telemetry.text"])
        var lines = subscriber.lines.makeAsyncIterator()
        #expect(await lines.next() == "ready")

        let command = try world.rider(["replay", "--since", "1h", "--rate", "1/s", "--json"])
        #expect(await lines.next()?.split(separator: " ")[2] == "1")
        command.signal(SIGKILL)
        _ = await command.wait()
        try await world.waitUntil("SELECT state FROM replay_run", is: "1")
        let rest = try await replay(["--resume", "1", "--rate", "max"], in: world)
        #expect(rest.status == 0, "\(worker.standardError)")
        #expect(rest.report["handed_off"]?.int == 300)
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)
        #expect(worker.standardError.contains("has not asked how far it is"))
    }

    @Test func whatNobodyGotIsCaughtUpWhenSomebodySubscribes() async throws {
        let world = try World()
        defer { world.remove() }
        try await enqueue(100, in: world)
        let worker = try world.rider(["worker"], settings(["RIDER_TELEMETRY_CATCH_UP": "undelivered"]))
        try await results(100, in: world)
        let sniffer = try world.python("robot/subscriber.py", [world.telemetryEndpoint, ""])
        var sniffed = sniffer.lines.makeAsyncIterator()
        #expect(await sniffed.next() == "ready")
        let subscriber = try world.python("robot/subscriber.py", [world.telemetryEndpoint, "telemetry."])
        var lines = subscriber.lines.makeAsyncIterator()
        #expect(await lines.next() == "ready")
        for seq in 1...100 { #expect(await lines.next()?.split(separator: " ")[2] == "\(seq)") }
        let kinds = try await world.sqlite("SELECT kind, selected FROM replay_run")
        #expect(kinds == ["catch_up|100"], "the sniffer alone started nothing")
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)
    }

    @Test func wrongUseSaysWhatIsRight() async throws {
        let world = try World()
        defer { world.remove() }
        for options in [
            [], ["--since", "yesterday"], ["--since", "1h", "--topic", "vision.obstacle.enhanced"],
            ["--since", "1h", "--topic-prefix", "vision."], ["--since", "1h", "--rate", "fast"],
            ["--resume", "1", "--since", "2h"], ["--since", "1h", "--to", "udp://x:1"],
        ] {
            let process = try world.rider(["replay"] + options)
            #expect(await process.wait() == 2, "\(options)")
        }
        let process = try world.rider(["replay", "--since", "1h"])
        #expect(await process.wait() == 1, "there is no journal")
    }
}
