import Foundation
import RiderModel
import TestSupport
import Testing

/// `rider report` beside a worker, compared with what SQLite itself reads in the journal.
@Suite(.serialized, .timeLimit(.minutes(3))) struct ReportTests {
    @Test func theNumbersOfAReportAreThoseOfTheJournal() async throws {
        let world = try World()
        defer { world.remove() }
        let worker = try world.rider(
            ["worker"],
            [
                "RIDER_TEXT_GENERATE_OLLAMA_URL": "http://127.0.0.1:\(try freePort())",
                "RIDER_METRICS_SAMPLE_SECONDS": "1",
            ])
        for (type, priority, count) in [
            ("text.nlu", 1, 7), ("text.nlu", 5, 20), ("text.nlu", 9, 13), ("text.generate", 5, 3),
        ] {
            let lines = Array(repeating: #"{"text":"stop","prompt":"hi"}"#, count: count).joined(separator: "\n")
            _ = try await world.output(["enqueue", type, "--priority", String(priority), "-"], input: lines)
        }
        try await waitForResults(43, in: world)

        // One document of numbers, in front of which sqlite3 stands.
        let document = try await reportWithHistory(in: world)
        #expect(document["completed"]?.int == 40 && document["failed"]?.int == 3)
        let byLevel = try await world.sqlite(
            "SELECT priority || ' ' || count(*) || ' ' || max(wait_ms) FROM result WHERE topic <> 4 GROUP BY priority")
        let levels = (document["priorities"]?.array ?? []).compactMap { level -> String? in
            guard let finished = level["completed"]?.int, let failed = level["failed"]?.int,
                let name = level["priority"]?.string, let longest = level["wait_ms"]?["max"]?.int
            else { return nil }
            return "\(name) \(finished + failed) \(longest)"
        }
        #expect(levels.sorted() == byLevel.sorted())
        let longest = try await world.sqlite("SELECT max(processing_ms) FROM result WHERE topic <> 4")
        #expect(document["processing_ms"]?["max"]?.double == longest.first.flatMap(Double.init))
        let failures = document["failures"]?.array ?? []
        #expect(failures.reduce(0) { $0 + ($1["count"]?.int ?? 0) } == 3)
        let reasons = try await world.sqlite(
            """
            SELECT DISTINCT json_extract(CAST(bytes AS TEXT), '$.error') FROM body JOIN result USING (seq)
            WHERE status = 'failed'
            """)
        #expect(Set(failures.compactMap { $0["reason"]?.string }) == Set(reasons) && !reasons.isEmpty)
        #expect((document["delivery"]?.members ?? []).reduce(0) { $0 + ($1.value.int ?? 0) } == 43)

        // Breakers, links and depths are those of the metric history.
        let engines = (document["breakers"]?.array ?? []).compactMap { $0["engine"]?.string }
        #expect(engines.contains("TextProvider ollama"))
        #expect(document["links"]?.array?.compactMap { $0["link"]?.string } == ["telemetry"])

        // The page has them too.
        let said = try await world.output(["report", "-o", "day.html"])
        #expect(said.hasPrefix("day.html: 43 tasks, "))
        let page = try String(contentsOf: world.folder.appendingPathComponent("day.html"), encoding: .utf8)
        #expect(page.contains("43 tasks were finished, 3 of them failed."))
        #expect(page.contains(#"<th scope="row">text.nlu</th><td>40</td><td>0</td>"#))

        // Without a name for it there is one by date, and nothing half-written beside it.
        let named = try await world.output(["report"])
        let names = try FileManager.default.contentsOfDirectory(atPath: world.folder.path).filter {
            $0.hasSuffix(".html")
        }
        #expect(names.count == 2 && named.hasPrefix("rider-report-"))
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)
    }

    @Test func aSpanWithoutAnythingSaysWhichOneHasSomething() async throws {
        let world = try World()
        defer { world.remove() }
        let worker = try world.rider(["worker"])
        _ = try await world.output(["enqueue", "text.nlu", "--payload", #"{"text":"stop"}"#])
        try await waitForResults(1, in: world)
        // What it says on standard error, read to its end.
        let empty = try RunningProcess(
            "/bin/sh",
            ["-c", #"exec "$0" "$@" 2>&1"#, try Checkout.rider]
                + ["report", "--since", "2020-01-01", "--until", "2020-01-02"],
            environment: world.environment, directory: world.folder)
        var said: [String] = []
        for await line in empty.lines { said.append(line) }
        #expect(await empty.wait() == 1)
        #expect(said.count == 1)
        #expect(said.first?.contains("there is nothing to report from 2020-01-01 00:00:00") == true)
        #expect(said.first?.contains("the journal has results from 20") == true)
        let reversed = try world.rider(["report", "--since", "1h", "--until", "2h"])
        #expect(await reversed.wait() == 2)
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)
    }

    /// The numbers once the first round of samples is in them.
    private func reportWithHistory(in world: World) async throws -> JSONValue {
        let end = Date(timeIntervalSinceNow: 30)
        while true {
            let document = try JSONValue(parsing: try await world.output(["report", "--since", "1h", "--json"]))
            if document["has_history"] == true { return document }
            try #require(Date() < end, "waited for metric history")
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    private func waitForResults(_ count: Int, in world: World) async throws {
        try await world.waitUntil("SELECT count(*) FROM result WHERE topic <> 4", is: String(count))
    }
}
