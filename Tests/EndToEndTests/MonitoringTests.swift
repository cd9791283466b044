import Foundation
import FoundationNetworking
import RiderModel
import TestSupport
import Testing

/// What `config/` has for Prometheus and Grafana, tried on a real worker.
@Suite(
    .serialized, .timeLimit(.minutes(3)), .enabled(if: PrometheusServer.isInstalled, "prometheus is not installed"))
struct MonitoringTests {
    @Test func aRealPrometheusScrapesTheWorkerAndEveryRuleAndPanelAsksForSeriesThatExist() async throws {
        let world = try World()
        defer { world.remove() }
        let broker = try world.python("robot/broker.py", [])
        let ports = try JSONValue(parsing: try #require(await firstLine(of: broker)))
        let (frontend, backend) = (try #require(ports["frontend"]?.int), try #require(ports["backend"]?.int))
        let robot = try world.python("robot/robot.py", [String(frontend), String(backend)])
        #expect(await firstLine(of: robot) == #"{"ready": true}"#)
        let worker = try world.rider(
            ["worker"],
            [
                "RIDER_PI_HOST": "127.0.0.1", "ZMQ_PUB_PORT": String(frontend), "ZMQ_SUB_PORT": String(backend),
                "RIDER_TELEMETRY_ENDPOINT": "tcp://127.0.0.1:\(frontend)",
            ])
        let prometheus = try PrometheusServer(in: world)

        // The target is up, and the rules are loaded and work.
        try await prometheus.wait(for: "a healthy target") {
            let targets = try await prometheus.get("targets")?["activeTargets"]?.array ?? []
            guard targets.count == 1, targets[0]["health"] == "up" else { return false }
            #expect(targets[0]["labels"]?["job"] == "rider-pc" && targets[0]["lastError"] == "")
            return true
        }
        var rules: [JSONValue] = []
        try await prometheus.wait(for: "rules that have been evaluated") {
            rules = (try await prometheus.get("rules")?["groups"]?.array ?? []).flatMap { $0["rules"]?.array ?? [] }
            return !rules.isEmpty && rules.allSatisfy { $0["health"] == "ok" }
        }
        for rule in rules {
            let name = rule["name"]?.string ?? "?"
            #expect(["critical", "warning", "info"].contains(rule["labels"]?["severity"]?.string), "\(name)")
            #expect(rule["annotations"]?["summary"]?.string?.isEmpty == false, "\(name) has no summary")
            #expect(rule["annotations"]?["description"]?.string?.isEmpty == false, "\(name) does not say what to do")
        }

        // Whatever they and the dashboard ask for is there once the robot has said something, be it nonsense.
        let dashboard = try Dashboard()
        let expressions =
            rules.compactMap { $0["query"]?.string } + dashboard.expressions.map(dashboard.withoutVariables)
        #expect(expressions.count > 60)
        let names = expressions.map(PromQLNames.init)
        var missing: Set<String> = []
        var series: LiveSeries?
        try robot.write(#"{"publish": "voice.tts.request", "body": {"nonsense": true}}"#)
        try await prometheus.wait(for: "series: \(missing.sorted())") {
            let live = try await liveSeries(of: world)
            series = live
            missing = Set(names.flatMap(live.missing))
            if missing.contains(where: { $0.hasPrefix("ingest_") }) {
                try robot.write(#"{"publish": "voice.tts.request", "body": {"nonsense": true}}"#)
            }
            return missing.isEmpty
        }
        let live = try #require(series)
        for target in dashboard.targets {
            let metrics = PromQLNames(dashboard.withoutVariables(target.expression)).selectors.map(\.metric)
            for label in target.legendLabels {
                #expect(
                    metrics.contains { live.has(label: label, of: $0) }, "\(target.panel): no label \(label)")
            }
        }

        // Prometheus takes each of them.
        for expression in expressions {
            #expect(try await prometheus.get("query", ["query": expression]) != nil, "\(expression)")
        }
        #expect(!prometheus.process.standardError.contains("level=error"), "\(prometheus.process.standardError)")
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)
    }

    @Test func theAlertForAnOpenBreakerFiresWhenAnEngineIsTakenAway() async throws {
        let world = try World()
        defer { world.remove() }
        let engine = try world.engineServer()
        let enginePort = try #require(await firstLine(of: engine))
        let worker = try world.rider(
            ["worker"],
            [
                "RIDER_TEXT_GENERATE_OLLAMA_URL": "http://127.0.0.1:\(enginePort)",
                "RIDER_TEXT_GENERATE_OLLAMA_MODEL": "good",
            ])
        // The shipped rules; only looked at more often, so that the test is short.
        let prometheus = try PrometheusServer(in: world, interval: "1s")
        let state = #"circuit_breaker_state{job="rider-pc",provider="TextProvider",engine="ollama"}"#
        let completed = #"sum(provider_tasks_processed_total{job="rider-pc",status="completed"})"#

        try await generate(1, in: world)
        try await prometheus.wait(for: "a completed task") { try await value(of: completed, in: prometheus) == 1 }
        #expect(try await value(of: state, in: prometheus) == 0)
        #expect(try await breakerAlerts(of: prometheus).isEmpty)

        engine.signal(SIGKILL)
        _ = await engine.wait()
        try await generate(5, in: world)
        try await prometheus.wait(for: "an open breaker") { try await value(of: state, in: prometheus) == 1 }
        var seen: Set<String> = []
        try await prometheus.wait(for: "the alert") {
            let alerts = try await breakerAlerts(of: prometheus)
            seen.formUnion(alerts.compactMap { $0["state"]?.string })
            guard let alert = alerts.first, alert["state"] == "firing" else { return false }
            #expect(alerts.count == 1 && alert["labels"]?["engine"] == "ollama")
            #expect(alert["annotations"]?["summary"]?.string?.contains("TextProvider") == true)
            return true
        }
        #expect(seen == ["pending", "firing"])
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)
    }

    // MARK: - Asking

    private func firstLine(of process: RunningProcess) async -> String? {
        for await line in process.lines { return line }
        return nil
    }

    private func liveSeries(of world: World) async throws -> LiveSeries {
        let url = try #require(URL(string: "http://127.0.0.1:\(world.httpPort)/metrics"))
        let (data, _) = try await URLSession.shared.data(from: url)
        return try LiveSeries(
            String(decoding: data, as: UTF8.self),
            target: ["job": "rider-pc", "instance": "127.0.0.1:\(world.httpPort)"])
    }

    /// Each with a question of its own, so that no answer comes from the cache.
    private func generate(_ count: Int, in world: World) async throws {
        for _ in 0..<count {
            let payload = #"{"prompt":"\#(UUID().uuidString)"}"#
            _ = try await world.output(["enqueue", "text.generate", "--payload", payload])
        }
    }

    /// The value of an expression with one result; nil while there is none.
    private func value(of expression: String, in prometheus: PrometheusServer) async throws -> Double? {
        let results = try await prometheus.get("query", ["query": expression])?["result"]?.array ?? []
        return results.first?["value"]?.array?.last?.string.flatMap(Double.init)
    }

    private func breakerAlerts(of prometheus: PrometheusServer) async throws -> [JSONValue] {
        (try await prometheus.get("alerts")?["alerts"]?.array ?? []).filter {
            $0["labels"]?["alertname"] == "CircuitBreakerOpen"
        }
    }
}
