import RiderModel

/// The queue: how many tasks waited, and how long.
extension ReportPage {
    private static let styles = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "c10"]

    func writeQueue(to html: inout HTMLWriter) {
        html.element("h2", ["id": "queue"], "Queue")
        html.element(
            "p", ["class": "lead"],
            "Ten strict priorities, 1 the most urgent: a task waits until no level above it has work for its engine.")
        let levels = report.levels.compactMap { Int($0.name) }
        Chart(
            title: "Waiting tasks by priority", unit: "the most seen in \(stepText)", kind: .lines,
            series: levels.filter { level in report.steps.contains { ($0.depth[level] ?? 0) > 0 } }.map { level in
                Chart.Series(
                    name: "priority \(level)", style: style(of: level), values: report.steps.map { $0.depth[level] })
            },
            axis: .linear(upTo: report.steps.flatMap(\.depth.values).max() ?? 0, wholeTicks: true),
            valueText: Figures.count,
            emptyText: report.hasHistory
                ? "Whenever a sample was taken no task was waiting." : "There is no metric history of this time."
        ).write(to: &html, id: "depth", frame: frame)
        durationChart(
            "Wait by priority", unit: "from enqueue to claim, p95",
            series: levels.filter { level in report.steps.contains { $0.wait[level] != nil } }.map { level in
                Chart.Series(
                    name: "priority \(level)", style: style(of: level), values: report.steps.map { $0.wait[level]?.p95 }
                )
            }, emptyText: "No task was finished in this time."
        ).write(to: &html, id: "wait", frame: frame)
        guard !report.levels.isEmpty else { return }
        html.element("div", ["class": "chart scroll", "tabindex": "0"]) { html in
            html.element("table") { html in
                writeColumns(
                    ["Priority", "Finished", "Most waiting", "Wait p50", "p95", "p99", "Longest"], to: &html)
                html.element("tbody") { html in
                    for level in report.levels {
                        html.element("tr") { html in
                            html.element("th", ["scope": "row"], level.name)
                            html.element("td", [:], HumanText.count(level.finished))
                            html.element("td", [:], level.greatestDepth.map(Figures.count) ?? "–")
                            writeCells(level.wait, to: &html)
                        }
                    }
                }
            }
        }
    }

    private func style(of level: Int) -> String {
        Self.styles.indices.contains(level - 1) ? Self.styles[level - 1] : "quiet"
    }
}
