import Foundation
import RiderModel
import TestSupport
import Testing

/// A real worker, and listeners that lose messages and get them from it.
@Suite(.serialized) struct GapRecoveryTests {
    /// One message that a listener has printed.
    private struct Heard: Hashable {
        let publisher: String
        let topic: String
        let number: Int
        let isReplay: Bool

        init?(_ line: String) {
            guard let json = try? JSONValue(parsing: line), let topic = json["topic"]?.string,
                let mark = json["body"]?["_rider"], let publisher = mark["pub"]?.string,
                let number = mark["tseq"]?.int
            else { return nil }
            (self.publisher, self.topic, self.number) = (publisher, topic, number)
            isReplay = mark["replay"]?.bool == true
        }
    }

    private func startWorker(_ world: World) throws -> RunningProcess {
        try world.rider(
            ["worker"],
            [
                "RIDER_TELEMETRY_RECOVERY_ENDPOINT": "bind://127.0.0.1:\(world.recoveryPort)",
                "RIDER_VISION_ENABLED": "false", "RIDER_VOICE_ENABLED": "false",
                // Only what the test itself has made is counted.
                "RIDER_METRICS_SAMPLE_SECONDS": "0",
            ])
    }

    private func startListener(_ world: World, _ more: [String] = []) throws -> RunningProcess {
        try world.python(
            "listener/rider_listener.py",
            [
                "--sub", world.telemetryEndpoint, "--recover", world.recoveryEndpoint,
                "--state", world.folder.appendingPathComponent("place.json").path,
            ] + more)
    }

    private func enqueue(_ count: Int, in world: World) async throws {
        let tasks = (0..<count).map { _ in #"{"text":"stop"}"# }.joined(separator: "\n")
        _ = try await world.output(["enqueue", "text.nlu", "-"], input: tasks)
    }

    /// The next messages, in order of arrival.
    private func take(_ count: Int, from lines: inout AsyncStream<String>.Iterator) async -> [Heard] {
        var heard: [Heard] = []
        while heard.count < count, let line = await lines.next() { if let one = Heard(line) { heard.append(one) } }
        return heard
    }

    /// Waits until the journal says of so many rows that a listener has them.
    private func waitForAcknowledgements(_ count: Int, in world: World) async throws {
        try await world.waitUntil(
            "SELECT coalesce(sum(last - first + 1), 0) FROM delivery WHERE state = 4", is: String(count))
    }

    @Test(.timeLimit(.minutes(2))) func aFrozenAndAKilledPythonListenerGetEveryMessageAndTheJournalKnows() async throws
    {
        let world = try World()
        defer { world.remove() }
        let worker = try startWorker(world)

        let first = try startListener(world, ["--from-start"])
        var firstLines = first.lines.makeAsyncIterator()
        try await enqueue(100, in: world)
        let before = await take(100, from: &firstLines)
        #expect(before.map(\.number) == Array(1...100))

        first.signal(SIGSTOP)
        // From a frozen listener no heartbeat comes: it counts as gone, and what follows is lost for it.
        var sent = 100
        while try await world.sqlite("SELECT 1 FROM delivery WHERE state = 1") == [] {
            try await enqueue(1, in: world)
            sent += 1
        }
        let lost = (sent + 1)...(sent + 2_000)
        try await enqueue(2_000, in: world)
        try await world.waitUntil("SELECT max(last) FROM delivery", is: "\(lost.upperBound)")
        first.signal(SIGCONT)
        let missed = await take(lost.upperBound - 100, from: &firstLines)
        #expect(missed.map(\.number) == Array(101...lost.upperBound))
        #expect(missed.allSatisfy { $0.isReplay || !lost.contains($0.number) })
        try await waitForAcknowledgements(lost.upperBound, in: world)

        first.signal(SIGKILL)
        _ = await first.wait()
        try await enqueue(300, in: world)
        let second = try startListener(world)
        var secondLines = second.lines.makeAsyncIterator()
        let rest = await take(300, from: &secondLines)
        let last = lost.upperBound + 300
        #expect(rest.map(\.number) == Array((lost.upperBound + 1)...last))
        try await waitForAcknowledgements(last, in: world)
        second.signal(SIGTERM)
        #expect(await second.wait() == 0)
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)
        #expect(try await world.sqlite("SELECT first, last, state FROM delivery") == ["1|\(last)|4"])
    }

    @Test(.timeLimit(.minutes(1))) func aPythonListenerFollowsIntoANewJournal() async throws {
        let world = try World()
        defer { world.remove() }
        let old = try startWorker(world)
        let listener = try startListener(world, ["--from-start"])
        var lines = listener.lines.makeAsyncIterator()
        try await enqueue(50, in: world)
        let before = await take(50, from: &lines)
        old.signal(SIGTERM)
        #expect(await old.wait() == 0)
        try FileManager.default.removeItem(at: world.journal)

        // Queued before the new worker is there: most of it is published before the listener is back.
        try await enqueue(200, in: world)
        let new = try startWorker(world)
        let after = await take(200, from: &lines)
        #expect(after.map(\.number) == Array(1...200))
        #expect(Set(after.map(\.publisher)).isDisjoint(with: before.map(\.publisher)))
        new.signal(SIGTERM)
        #expect(await new.wait() == 0)
        listener.signal(SIGTERM)
        #expect(await listener.wait() == 0)
    }

    @Test(.timeLimit(.minutes(1))) func theReferenceClientGoesOnWhereTheLastOneEnded() async throws {
        let world = try World()
        defer { world.remove() }
        let worker = try startWorker(world)
        let place = world.folder.appendingPathComponent("place.json").path
        func listen(_ count: Int, _ more: [String] = []) async throws -> [Heard] {
            let output = try await world.output(
                ["listen", "--recover", world.recoveryEndpoint, "--state", place, "--json", "--count", "\(count)"]
                    + more)
            return output.split(separator: "\n").compactMap { Heard(String($0)) }
        }
        try await enqueue(300, in: world)
        let begin = try await listen(120, ["--from-start"])
        #expect(begin.map(\.number) == Array(1...120))
        let end = try await listen(180)
        #expect(end.map(\.number) == Array(121...300))
        try await waitForAcknowledgements(300, in: world)
        try await enqueue(40, in: world)
        let late = try await listen(40)
        #expect(late.map(\.number) == Array(301...340))
        #expect(late.allSatisfy { $0.isReplay })
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)
    }
}
