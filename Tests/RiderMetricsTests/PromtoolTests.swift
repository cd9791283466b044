import Metrics
import RiderMetrics
import Testing

@Suite(.enabled(if: Promtool.isInstalled, "promtool is not installed"))
struct PromtoolTests {
    @Test func `every declared family with its labels passes the checker`() throws {
        let registry = PrometheusRegistry()
        for declaration in MetricCatalog.all where !declaration.name.hasPrefix("process_") {
            let dimensions = declaration.labels.map { ($0, "some.value") }
            switch declaration.kind {
            case .counter:
                Counter(label: declaration.name, dimensions: dimensions, factory: registry).increment(by: 3)
            case .gauge:
                Gauge(label: declaration.name, dimensions: dimensions, factory: registry).record(0.5)
            case .histogram:
                Timer(label: declaration.name, dimensions: dimensions, factory: registry).recordMilliseconds(3)
            }
        }
        let exposition = registry.currentExposition()
        #expect(try Promtool.check(exposition) == "")
        let text = ExpositionText(exposition)
        for declaration in MetricCatalog.all {
            let suffix = declaration.kind == .histogram ? "_count" : ""
            let isShown = text.lines.contains {
                $0.hasPrefix(declaration.name + suffix + "{") || $0.hasPrefix(declaration.name + suffix + " ")
            }
            #expect(isShown, "\(declaration.name)")
        }
    }

    @Test func `odd label values pass the checker`() throws {
        let registry = PrometheusRegistry()
        for (index, value) in [
            "", " ", "a\"b", "back\\slash", "line\nbreak", "carriage\rreturn", "tab\t", "zażółć", "🤖", "{}=,#", "\u{0}",
            "\u{2028}", String(repeating: "ż", count: 1_000),
        ].enumerated() {
            Counter(
                label: "llm_requests_total", dimensions: [("model", value), ("index", "\(index)")], factory: registry
            ).increment()
            Timer(label: "llm_latency_seconds", dimensions: [("model", value)], factory: registry).recordSeconds(1)
        }
        #expect(try Promtool.check(registry.currentExposition()) == "")
    }

    @Test func `families that nobody declared pass the checker`() throws {
        let registry = PrometheusRegistry()
        Counter(label: "9 odd.name_total", dimensions: [("1", "x"), ("le", "y")], factory: registry).increment()
        Timer(label: "odd.name_seconds", dimensions: [("le", "y")], factory: registry).recordSeconds(1)
        Gauge(label: "odd value", factory: registry).record(Double.nan)
        #expect(try Promtool.check(registry.currentExposition()) == "")
    }
}
