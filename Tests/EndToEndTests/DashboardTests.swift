import Foundation
import RiderModel
import TestSupport
import Testing

/// What can be said about Grafana's files without a Grafana.
struct DashboardTests {
    @Test func panelsHaveNumbersTitlesAndPlacesOfTheirOwn() throws {
        let dashboard = try Dashboard()
        let numbers = dashboard.panels.compactMap { $0["id"]?.int }
        #expect(numbers.count == dashboard.panels.count && Set(numbers).count == numbers.count)
        var taken: [Int: String] = [:]
        for panel in dashboard.panels {
            let title = try #require(panel["title"]?.string)
            let place = try #require(panel["gridPos"])
            let (x, y) = (try #require(place["x"]?.int), try #require(place["y"]?.int))
            let (width, height) = (try #require(place["w"]?.int), try #require(place["h"]?.int))
            #expect(x >= 0 && width > 0 && height > 0 && x + width <= 24, "\(title) leaves the grid")
            for cell in (y..<(y + height)).flatMap({ row in (x..<(x + width)).map { row * 24 + $0 } }) {
                if let other = taken.updateValue(title, forKey: cell) {
                    Issue.record("\(title) covers \(other)")
                    break
                }
            }
            guard panel["type"] != "row" else { continue }
            let letters = (panel["targets"]?.array ?? []).compactMap { $0["refId"]?.string }
            #expect(!letters.isEmpty && Set(letters).count == letters.count, "\(title)")
            #expect(panel["fieldConfig"]?["defaults"]?["unit"] != nil || panel["type"] == "state-timeline", "\(title)")
        }
    }

    @Test func everythingAsksTheDataSourceThatIsProvisioned() throws {
        let provisioned = try provisioning("datasources")
        let uid = try #require(provisioned.firstMatch(of: /\n    uid: (\S+)\n/)).output.1
        #expect(provisioned.contains("\n    type: prometheus\n"))
        let dashboard = try Dashboard()
        var sources: [JSONValue] = []
        func collect(_ value: JSONValue) {
            if let source = value["datasource"] { sources.append(source) }
            for member in value.members ?? [] { collect(member.value) }
            for element in value.array ?? [] { collect(element) }
        }
        collect(dashboard.document)
        #expect(sources.count > dashboard.targets.count)
        #expect(sources.allSatisfy { $0["uid"]?.string == String(uid) && $0["type"] == "prometheus" })
    }

    @Test func theFolderOfDashboardsIsTheOneThatTheReadmeFills() throws {
        let path = try #require(try provisioning("dashboards").firstMatch(of: /\n      path: (\S+)\n/)).output.1
        let readme = try String(contentsOf: Checkout.root.appendingPathComponent("README.md"), encoding: .utf8)
        #expect(readme.contains("config/grafana/dashboards/rider.json") && readme.contains(path))
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool"), "promtool is not installed"))
    func everyExpressionIsPromQL() async throws {
        let dashboard = try Dashboard()
        let rules = dashboard.expressions.enumerated().map { number, expression in
            let quoted = dashboard.withoutVariables(expression).replacingOccurrences(of: "'", with: "''")
            return "  - {record: 'panel:\(number)', expr: '\(quoted)'}\n"
        }
        let folder = try Checkout.makeTemporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("panels.yml")
        try ("groups:\n- name: panels\n  rules:\n" + rules.joined()).write(
            to: file, atomically: true, encoding: .utf8)
        let promtool = try RunningProcess("/usr/bin/promtool", ["check", "rules", file.path], directory: folder)
        var said: [String] = []
        for await line in promtool.lines { said.append(line) }
        #expect(await promtool.wait() == 0, "\(said) \(promtool.standardError)")
    }

    private func provisioning(_ kind: String) throws -> String {
        try String(
            contentsOf: Dashboard.folder.appendingPathComponent("provisioning/\(kind)/rider.yml"), encoding: .utf8)
    }
}
