import Foundation
import FoundationNetworking
import RiderModel
import TestSupport
import Testing

/// What a real worker sampled, read by foreign programs.
@Suite(.serialized, .timeLimit(.minutes(3))) struct HistoryExportTests {
    private static let promtool = "/usr/bin/promtool"
    private static let prometheus = "/usr/bin/prometheus"

    /// Runs a program to its end.
    private func run(_ arguments: [String], in world: World) async throws -> (status: Int32, lines: [String]) {
        let process = try RunningProcess(arguments[0], Array(arguments.dropFirst()), directory: world.folder)
        try process.closeInput()
        var lines: [String] = []
        for await line in process.lines { lines.append(line) }
        return (await process.wait(), lines)
    }

    /// Lets a worker work until listeners have heard of so many rounds.
    private func work(in world: World, rounds: Int, then signal: Int32) async throws {
        let listener = try world.python("robot/subscriber.py", [world.telemetryEndpoint, "telemetry."])
        let worker = try world.rider(
            ["worker"], ["RIDER_METRICS_SAMPLE_SECONDS": "1", "RIDER_VISION_ENABLED": "false"])
        var heard = 0
        var hasWork = false
        for await line in listener.lines where line.hasPrefix("telemetry.metrics") {
            if !hasWork {
                hasWork = true
                for number in 0..<20 {
                    _ = try await world.output(
                        [
                            "enqueue", "text.nlu", "--priority", String(number % 10 + 1), "--payload",
                            #"{"text":"stop"}"#,
                        ])
                }
            }
            heard += 1
            if heard == rounds { break }
        }
        worker.signal(signal)
        #expect(await worker.wait() == (signal == SIGKILL ? SIGKILL : 0), "\(worker.standardError)")
        try listener.closeInput()
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: promtool), "promtool is not installed"))
    func `every sample of the journal is in what SQLite, Python and Prometheus read`() async throws {
        let world = try World()
        defer { world.remove() }
        try await work(in: world, rounds: 4, then: SIGKILL)
        try await work(in: world, rounds: 4, then: SIGTERM)
        let samples = world.folder.appendingPathComponent("data/samples.db").path
        func check(_ format: String, _ file: String) async throws -> Int {
            let script = Checkout.root.appendingPathComponent("Tests/EndToEndTests/Python/history_check.py").path
            let process = try RunningProcess(
                Checkout.python, [script, samples, format, file], directory: world.folder)
            try process.closeInput()
            var lines: [String] = []
            for await line in process.lines { lines.append(line) }
            let status = await process.wait()
            try #require(status == 0, "\(format): \(process.standardError)")
            return try #require(lines.first.flatMap { Int($0) })
        }

        var counts: Set<Int> = []
        for format in ["csv", "jsonl", "influx"] {
            _ = try await world.output(["export-metrics", "--format", format, "--output", "samples.\(format)"])
            counts.insert(try await check(format, "samples.\(format)"))
        }

        // As the help text says.
        _ = try await world.output(
            ["export-metrics", "--format", "openmetrics", "--split", "1d", "--output", "history.om"])
        let days = try FileManager.default.contentsOfDirectory(atPath: world.folder.path)
            .filter { $0.hasPrefix("history-") && $0.hasSuffix(".om") }
        #expect(!days.isEmpty)
        for day in days {
            let imported = try await run(
                [Self.promtool, "tsdb", "create-blocks-from", "openmetrics", day, "blocks"], in: world)
            #expect(imported.status == 0)
        }
        // promtool wants a write-ahead log, however empty.
        try FileManager.default.createDirectory(
            at: world.folder.appendingPathComponent("blocks/wal"), withIntermediateDirectories: true)
        let dumped = try await run([Self.promtool, "tsdb", "dump", "blocks"], in: world)
        #expect(dumped.status == 0)
        try Data((dumped.lines.joined(separator: "\n") + "\n").utf8)
            .write(to: world.folder.appendingPathComponent("dump.txt"))
        counts.insert(try await check("dump", "dump.txt"))
        #expect(counts.count == 1, "the formats differ: \(counts)")
        #expect((counts.first ?? 0) > 1000)

        try await askPrometheus(in: world)
    }

    /// A Prometheus on the imported blocks answers a query over the past as the journal does.
    private func askPrometheus(in world: World) async throws {
        guard FileManager.default.isExecutableFile(atPath: Self.prometheus) else { return }
        let last = try await world.output([
            "export-metrics", "--metric", "provider_tasks_processed_total", "--label", "status=completed", "--label",
            "task_type=text.nlu", "--format", "jsonl",
        ])
        let rows = try last.split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
        let expected = try rows.map { row in
            (time: try #require(row["ts"]?.double), value: try #require(row["value"]?.double))
        }
        #expect(expected.contains { $0.value == 20 })

        let port = try freePort()
        try Data("global: {}\n".utf8).write(to: world.folder.appendingPathComponent("empty.yml"))
        let server = try RunningProcess(
            Self.prometheus,
            [
                "--config.file=empty.yml", "--storage.tsdb.path=blocks", "--web.listen-address=127.0.0.1:\(port)",
                "--storage.tsdb.retention.time=10y",
            ], directory: world.folder)
        defer { server.signal(SIGTERM) }
        let until = try #require(expected.last?.time)
        let query = "provider_tasks_processed_total{status=\"completed\",task_type=\"text.nlu\"}[1h]"
        var address = try #require(URLComponents(string: "http://127.0.0.1:\(port)/api/v1/query"))
        address.queryItems = [.init(name: "query", value: query), .init(name: "time", value: String(until))]
        let url = try #require(address.url)
        try await server.waitUntilSaid("Server is ready to receive web requests.")
        let answer = try JSONValue(parsing: Array(try await URLSession.shared.data(from: url).0))
        let values = try #require(answer["data"]?["result"]?.array?.first?["values"]?.array)
        let found = values.compactMap { pair -> (Double, Double)? in
            guard let pair = pair.array, let time = pair[0].double, let value = pair[1].string.flatMap(Double.init)
            else {
                return nil
            }
            return (time, value)
        }
        #expect(found.map(\.0) == expected.map(\.time))
        #expect(found.map(\.1) == expected.map(\.value))
    }

    @Test func `results come out as the journal has them, and an empty span says where they are`() async throws {
        let world = try World()
        defer { world.remove() }
        try await work(in: world, rounds: 2, then: SIGTERM)
        let lines = try await world.output(["export-metrics", "--results"]).split(separator: "\n").map(String.init)
        #expect(lines.first?.hasPrefix("seq,recorded_at,task_id,task_type,") == true)
        let journaled = try await world.sqlite(
            """
            SELECT seq || ',' || strftime('%Y-%m-%dT%H:%M:%S', recorded_at / 1000, 'unixepoch')
                || printf('.%03dZ,', recorded_at % 1000) || task_id || ',' || task_type FROM result WHERE topic <> 4
            """)
        #expect(journaled.count == lines.count - 1 && !journaled.isEmpty)
        #expect(zip(lines.dropFirst(), journaled).allSatisfy { $0.hasPrefix($1 + ",") })

        for arguments in [["--until", "2020-01-01"], ["--results", "--until", "2020-01-01"]] {
            let process = try world.rider(["export-metrics", "--output", "none.csv"] + arguments)
            try process.closeInput()
            for await _ in process.lines {}
            #expect(await process.wait() == 1)
            #expect(process.standardError.contains(" between 20"), "\(process.standardError)")
        }
        let files = try FileManager.default.contentsOfDirectory(atPath: world.folder.path)
        #expect(!files.contains { $0.hasPrefix("none.csv") })
    }
}
