import Metrics
import RiderMetrics
import Testing

struct PrometheusRegistryTests {
    private let registry = PrometheusRegistry(includesProcess: false)

    // MARK: - Kinds

    @Test func `a counter adds whole numbers and fractions and never goes down`() {
        let whole = Counter(label: "llm_tokens_used_total", dimensions: [("provider", "p")], factory: registry)
        whole.increment(by: 41)
        whole.increment()
        whole.increment(by: -5)
        let fraction = FloatingPointCounter(
            label: "llm_tokens_used_total", dimensions: [("provider", "p")], factory: registry)
        fraction.increment(by: 0.5)
        fraction.increment(by: -Double.infinity)
        #expect(ExpositionText(registry)["llm_tokens_used_total{provider=\"p\"}"] == "42.5")
    }

    @Test func `meters and gauges show the last value`() {
        let meter = Meter(label: "journal_waiting_rows", factory: registry)
        meter.set(7)
        meter.increment(by: 1.0)
        meter.decrement(by: 3.0)
        Gauge(label: "circuit_breaker_state", dimensions: [("provider", "VoiceProvider")], factory: registry).record(
            0.5)
        let text = ExpositionText(registry)
        #expect(text["journal_waiting_rows"] == "5")
        #expect(text["circuit_breaker_state{provider=\"VoiceProvider\"}"] == "0.5")
    }

    @Test func `a total kept elsewhere can be set under a counter's name`() {
        Gauge(label: "journal_rows_total", factory: registry).record(1_000)
        let text = ExpositionText(registry)
        #expect(text["journal_rows_total"] == "1000")
        #expect(text.lines.contains("# TYPE journal_rows_total counter"))
    }

    @Test func `a timer is a histogram in seconds with the declared buckets`() {
        let timer = Timer(
            label: "provider_task_duration_seconds",
            dimensions: [("task_type", "vision.frame"), ("provider", "VisionProvider")], factory: registry)
        timer.recordNanoseconds(10_000_000)
        timer.recordNanoseconds(10_000_001)
        timer.recordMilliseconds(700)
        timer.recordSeconds(31)
        let text = ExpositionText(registry)
        func bucket(_ bound: String) -> String? {
            text[
                "provider_task_duration_seconds_bucket{provider=\"VisionProvider\",task_type=\"vision.frame\",le=\"\(bound)\"}"
            ]
        }
        let bounds = ["0.01", "0.05", "0.1", "0.5", "1.0", "2.0", "5.0", "10.0", "30.0", "+Inf"]
        #expect(bounds.map(bucket) == ["1", "2", "2", "2", "3", "3", "3", "3", "3", "4"])
        let labels = "{provider=\"VisionProvider\",task_type=\"vision.frame\"}"
        #expect(text["provider_task_duration_seconds_count\(labels)"] == "4")
        #expect(text["provider_task_duration_seconds_sum\(labels)"] == "31.720000001")
    }

    @Test func `an aggregating recorder counts values in buckets and refuses what is no number`() {
        let recorder = Recorder(label: "sizes", aggregate: true, factory: registry)
        recorder.record(0.005)
        recorder.record(1_000)
        recorder.record(Double.nan)
        let text = ExpositionText(registry)
        #expect(text["sizes_bucket{le=\"0.001\"}"] == "0")
        #expect(text["sizes_bucket{le=\"0.005\"}"] == "1")
        #expect(text["sizes_bucket{le=\"+Inf\"}"] == "2")
        #expect(text["sizes_sum"] == "1000.005")
    }

    @Test func `numbers are printed as Prometheus reads them`() {
        let gauge = Gauge(label: "value", factory: registry)
        for (value, text) in [
            (0, "0"), (-3, "-3"), (1e15, "1000000000000000"), (1e300, "1e+300"), (.infinity, "+Inf"),
            (-.infinity, "-Inf"), (.nan, "NaN"), (0.1, "0.1"), (1.25e-9, "1.25e-09"),
        ] {
            gauge.record(value)
            #expect(ExpositionText(registry)["value"] == text)
        }
    }

    // MARK: - Names and labels

    @Test func `the same labels in another order are the same series`() {
        let one = Counter(
            label: "telemetry_messages_total", dimensions: [("topic", "t"), ("outcome", "o")], factory: registry)
        let two = Counter(
            label: "telemetry_messages_total", dimensions: [("outcome", "o"), ("topic", "t")], factory: registry)
        one.increment()
        two.increment()
        #expect(ExpositionText(registry)["telemetry_messages_total{topic=\"t\",outcome=\"o\"}"] == "2")
    }

    @Test func `illegal names are made legal and label values are escaped`() {
        Counter(
            label: "9 http.requests-total",
            dimensions: [("a b", "q\"u\\o\nte"), ("__name__", "x"), ("", "y"), ("twice", "1"), ("twice", "2")],
            factory: registry
        ).increment()
        Timer(label: "with_le_seconds", dimensions: [("le", "mine")], factory: registry).recordSeconds(1)
        let text = ExpositionText(registry)
        #expect(
            text.lines.contains(
                #"_9_http_requests_total{_="y",_name__="x",a_b="q\"u\\o\nte",twice="2"} 1"#))
        #expect(text[#"with_le_seconds_count{exported_le="mine"}"#] == "1")
    }

    @Test func `a long label value is cut at a character`() {
        var configuration = MetricsConfiguration()
        configuration.maxLabelValueBytes = 5
        let registry = PrometheusRegistry(configuration: configuration, includesProcess: false)
        Counter(label: "cut_total", dimensions: [("v", "abcdé")], factory: registry).increment()
        #expect(ExpositionText(registry)["cut_total{v=\"abcd\"}"] == "1")
    }

    @Test func `a declared family without a sample shows only HELP and TYPE`() {
        let text = ExpositionText(registry)
        #expect(text.lines.contains("# TYPE llm_latency_seconds histogram"))
        #expect(!text.lines.contains { $0.hasPrefix("llm_latency_seconds") })
    }

    // MARK: - Limits

    @Test func `beyond its limit a family counts samples instead of growing`() {
        var configuration = MetricsConfiguration()
        configuration.maxSeriesPerFamily = 3
        let registry = PrometheusRegistry(configuration: configuration, includesProcess: false)
        for number in 0..<10 {
            Counter(label: "wild_total", dimensions: [("id", "\(number)")], factory: registry).increment()
            Timer(label: "wild_seconds", dimensions: [("id", "\(number)")], factory: registry).recordSeconds(1)
        }
        let text = ExpositionText(registry)
        #expect(text.lines.count { $0.hasPrefix("wild_total{") } == 3)
        #expect(text.lines.count { $0.hasPrefix("wild_seconds_count{") } == 3)
        #expect(text["metrics_dropped_samples_total{reason=\"too_many_series\"}"] == "14")
    }

    @Test func `beyond its limit the registry makes no further families`() {
        var configuration = MetricsConfiguration()
        configuration.maxFamilies = MetricCatalog.all.count + 1
        let registry = PrometheusRegistry(configuration: configuration, includesProcess: false)
        for number in 0..<10 { Counter(label: "family_\(number)_total", factory: registry).increment() }
        let text = ExpositionText(registry)
        #expect(text.lines.count { $0.hasPrefix("family_") } == 1)
        #expect(text["metrics_dropped_samples_total{reason=\"too_many_families\"}"] == "9")
    }

    @Test func `a histogram asked for under the name of a counter is counted, not shown`() {
        Timer(label: "journal_rows_total", factory: registry).recordSeconds(1)
        Counter(label: "journal_commit_seconds", factory: registry).increment()
        let text = ExpositionText(registry)
        #expect(text["metrics_dropped_samples_total{reason=\"other_kind\"}"] == "2")
        #expect(text["journal_rows_total"] == nil)
    }

    @Test func `a series goes when the last metric made for it is destroyed`() {
        let one = Counter(label: "shared_total", factory: registry)
        let two = Counter(label: "shared_total", factory: registry)
        one.increment()
        one.destroy()
        #expect(ExpositionText(registry)["shared_total"] == "1")
        two.destroy()
        #expect(ExpositionText(registry)["shared_total"] == nil)
    }

    // MARK: - Snapshots

    @Test func `a snapshot holds every series with its labels, kind and value`() throws {
        let before = registry.snapshot().count
        Counter(label: "cache_hits_total", dimensions: [("cache_type", "text_llm")], factory: registry).increment(by: 9)
        Gauge(label: "link_up", dimensions: [("link", "robot")], factory: registry).record(1)
        Timer(label: "journal_commit_seconds", factory: registry).recordMilliseconds(3)
        let snapshot = registry.snapshot()
        #expect(snapshot.count == before + 3)
        let hits = try #require(snapshot.first { $0.family == "cache_hits_total" })
        #expect(hits.labels == [MetricLabel("cache_type", "text_llm")])
        #expect(hits.value == .counter(9))
        #expect(snapshot.contains { $0.family == "link_up" && $0.kind == .gauge && $0.value == .gauge(1) })
        let commit = try #require(snapshot.first { $0.family == "journal_commit_seconds" })
        guard case .histogram(let histogram) = commit.value else {
            Issue.record("not a histogram")
            return
        }
        #expect(histogram.count == 1)
        #expect(histogram.sum == 0.003)
        #expect(histogram.bounds == MetricBuckets.commit)
        #expect(histogram.counts.firstIndex(of: 1) == MetricBuckets.commit.firstIndex(of: 0.005))
        let again = try #require(registry.snapshot().first { $0.family == "link_up" })
        #expect(again.identity == snapshot.first { $0.family == "link_up" }?.identity)
    }

    // MARK: - Concurrency

    @Test func `concurrent updates and scrapes lose nothing`() async {
        let registry = registry
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    let counter = Counter(label: "journal_rows_total", factory: registry)
                    let fraction = FloatingPointCounter(label: "journal_commits_total", factory: registry)
                    let timer = Timer(label: "journal_commit_seconds", factory: registry)
                    let recorder = Recorder(label: "observed", aggregate: true, factory: registry)
                    for step in 0..<2_000 {
                        counter.increment()
                        fraction.increment(by: 0.5)
                        timer.recordNanoseconds(1_000_000)
                        recorder.record(0.25)
                        if step % 500 == 0 { _ = registry.currentExposition() }
                        Counter(
                            label: "telemetry_messages_total", dimensions: [("topic", "\(worker)-\(step % 50)")],
                            factory: registry
                        ).increment()
                    }
                }
            }
        }
        let text = ExpositionText(registry)
        #expect(text["journal_rows_total"] == "8000")
        #expect(text["journal_commits_total"] == "4000")
        #expect(text["journal_commit_seconds_count"] == "8000")
        #expect(text["journal_commit_seconds_sum"] == "8")
        #expect(text["observed_sum"] == "2000")
        let messages = registry.snapshot().filter { $0.family == "telemetry_messages_total" }
        #expect(messages.count == 200)
        #expect(messages.allSatisfy { $0.value == .counter(40) })
    }
}
