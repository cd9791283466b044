import Metrics
import RiderMetrics
import Synchronization
import Testing

struct CollectorTests {
    @Test func `collectors set their values before the scrape is printed`() async throws {
        let registry = PrometheusRegistry(configuration: patient, includesProcess: false)
        let calls = Atomic<Int>(0)
        let size = Meter(label: "task_queue_size", dimensions: [("queue_name", "main")], factory: registry)
        registry.addCollector(name: "queue") {
            size.set(calls.wrappingAdd(1, ordering: .relaxed).newValue)
        }
        await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await registry.run() }
            while calls.load(ordering: .relaxed) == 0 {
                await registry.refresh()
                await Task.yield()
            }
            let before = calls.load(ordering: .relaxed)
            let text = ExpositionText(await registry.exposition())
            #expect(text["task_queue_size{queue_name=\"main\"}"] == "\(before + 1)")
            group.cancelAll()
        }
    }

    @Test func `a slow collector is not waited for, not started twice, and counted`() async throws {
        var configuration = MetricsConfiguration()
        configuration.collectorTimeout = .milliseconds(5)
        let registry = PrometheusRegistry(configuration: configuration, includesProcess: false)
        let starts = Atomic<Int>(0)
        let (release, open) = AsyncStream.makeStream(of: Void.self)
        registry.addCollector(name: "slow") {
            starts.wrappingAdd(1, ordering: .relaxed)
            for await _ in release {}
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await registry.run() }
            while starts.load(ordering: .relaxed) == 0 {
                await registry.refresh()
                await Task.yield()
            }
            let text = ExpositionText(await registry.exposition())
            #expect(text["metrics_collector_stale_total{collector=\"slow\"}"] != "0")
            #expect(starts.load(ordering: .relaxed) == 1)
            open.finish()
            group.cancelAll()
        }
    }

    @Test func `a scrape without running collectors returns at once`() async {
        let registry = PrometheusRegistry(configuration: patient, includesProcess: false)
        registry.addCollector(name: "never") { Issue.record("ran although nobody runs it") }
        let text = ExpositionText(await registry.exposition())
        #expect(text["metrics_collector_stale_total{collector=\"never\"}"] == "0")
    }

    @Test func `the process is described`() throws {
        let text = ExpositionText(PrometheusRegistry())
        for name in [
            "process_resident_memory_bytes", "process_virtual_memory_bytes", "process_open_fds",
            "process_start_time_seconds", "process_threads",
        ] {
            let value = try #require(text[name].flatMap(Double.init), "\(name)")
            #expect(value > 0, "\(name)")
        }
        #expect(text["process_cpu_seconds_total"] != nil)
        #expect(text.lines.contains("# TYPE process_cpu_seconds_total counter"))
    }

    private var patient: MetricsConfiguration {
        var configuration = MetricsConfiguration()
        configuration.collectorTimeout = .seconds(60)
        return configuration
    }
}
