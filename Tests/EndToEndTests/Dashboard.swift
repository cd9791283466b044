import Foundation
import RiderModel
import Testing

/// The dashboard in `config/grafana`.
struct Dashboard {
    struct Target {
        let panel: String
        let expression: String
        let legendLabels: [String]
    }

    static let folder = Checkout.root.appendingPathComponent("config/grafana")

    let document: JSONValue
    let panels: [JSONValue]

    init() throws {
        let file = Self.folder.appendingPathComponent("dashboards/rider.json")
        document = try JSONValue(parsing: Array(try Data(contentsOf: file)))
        panels = try #require(document["panels"]?.array)
    }

    var targets: [Target] {
        panels.flatMap { panel in
            (panel["targets"]?.array ?? []).map { target in
                let legend = target["legendFormat"]?.string ?? ""
                return Target(
                    panel: panel["title"]?.string ?? "?", expression: target["expr"]?.string ?? "",
                    legendLabels: legend.matches(of: /\{\{(\w+)\}\}/).map { String($0.output.1) })
            }
        }
    }

    /// Of panels, variables and annotations.
    var expressions: [String] {
        targets.map(\.expression) + (document["annotations"]?["list"]?.array ?? []).compactMap { $0["expr"]?.string }
    }

    /// What Grafana sends when all workers are chosen.
    func withoutVariables(_ expression: String) -> String {
        expression.replacingOccurrences(of: "$__rate_interval", with: "20s")
            .replacingOccurrences(of: "$instance", with: ".*")
    }
}
