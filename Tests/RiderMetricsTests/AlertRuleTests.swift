import Foundation
import Testing

/// The files for Prometheus, judged by its own tool.
@Suite(.enabled(if: Promtool.isInstalled, "promtool is not installed"))
struct AlertRuleTests {
    private static let tests = URL(filePath: #filePath).deletingLastPathComponent()
    private static let configuration =
        tests.deletingLastPathComponent().deletingLastPathComponent().appending(path: "config")
    private static let rules = configuration.appending(path: "prometheus-alerts.yml")
    private static let ruleTests = tests.appending(path: "prometheus-alerts.test.yml")

    @Test func `the configuration is accepted and loads the rules`() throws {
        let check = try Promtool.run(["check", "config", Self.configuration.appending(path: "prometheus.yml").path])
        #expect(check.status == 0, "\(check.output)")
        #expect(check.output.contains("1 rule files found"))
        let text = try String(contentsOf: Self.configuration.appending(path: "prometheus.yml"), encoding: .utf8)
        #expect(text.contains("scrape_interval: 5s") && text.contains("job_name: rider-pc"))
    }

    @Test func `the rules are accepted`() throws {
        let check = try Promtool.run(["check", "rules", Self.rules.path])
        #expect(check.status == 0, "\(check.output)")
    }

    @Test func `each alert fires when it should, exactly then, and says what it should`() throws {
        let test = try Promtool.run(["test", "rules", Self.ruleTests.path])
        #expect(test.status == 0, "\(test.output)")
    }

    @Test func `each alert has a test in which it is silent and one in which it fires`() throws {
        let rules = try String(contentsOf: Self.rules, encoding: .utf8)
        let alerts = rules.matches(of: /- alert: (\w+)/).map { String($0.output.1) }
        #expect(alerts.count > 10 && Set(alerts).count == alerts.count)
        let tests = try String(contentsOf: Self.ruleTests, encoding: .utf8)
        for alert in alerts {
            #expect(tests.contains("{alertname: \(alert), eval_time: "), "\(alert) is never silent")
            #expect(tests.contains("- alertname: \(alert)\n"), "\(alert) never fires")
        }
    }
}
