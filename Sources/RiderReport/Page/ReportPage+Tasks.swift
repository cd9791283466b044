import RiderModel

/// Tasks: how many, how long, and why they failed.
extension ReportPage {
    func writeTasks(to html: inout HTMLWriter) {
        html.element("h2", ["id": "tasks"], "Tasks")
        html.element("p", ["class": "lead"], tasksInWords)
        Chart(
            title: "Finished tasks", unit: "tasks per \(stepText)", kind: .bars,
            series: [
                .init(name: "completed", style: "c1", values: report.steps.map { Self.some($0.completed, of: $0) }),
                .init(name: "failed", style: "bad", values: report.steps.map { Self.some($0.failed, of: $0) }),
            ],
            axis: .linear(upTo: Double(report.steps.map(\.finished).max() ?? 0), wholeTicks: true),
            valueText: Figures.count, emptyText: "No task was finished in this time."
        ).write(to: &html, id: "throughput", frame: frame)
        durationChart(
            "Time of a task", unit: "time a provider took, failed tasks included",
            series: [("p50", "c1", \.median), ("p95", "c2", \.p95), ("p99", "c5", \.p99)].map {
                (name: String, style: String, path: KeyPath<DurationSummary, Double> & Sendable) in
                .init(name: name, style: style, values: report.steps.map { $0.processing?[keyPath: path] })
            }, emptyText: "No task was finished in this time."
        ).write(to: &html, id: "latency", frame: frame)
        guard !report.taskTypes.isEmpty else { return }
        html.element("div", ["class": "chart scroll", "tabindex": "0"]) { html in
            html.element("table") { html in
                writeColumns(
                    ["Task type", "Completed", "Failed", "p50", "p95", "p99", "Longest"], to: &html)
                html.element("tbody") { html in
                    for type in report.taskTypes {
                        html.element("tr") { html in
                            html.element("th", ["scope": "row"], type.name)
                            html.element("td", [:], HumanText.count(type.completed))
                            html.element("td", [:], HumanText.count(type.failed))
                            writeCells(type.processing, to: &html)
                        }
                    }
                }
            }
        }
    }

    private var tasksInWords: String {
        let busiest = report.steps.indices.max { report.steps[$0].finished < report.steps[$1].finished }
        guard let busiest, report.total.finished > 0 else {
            return "No task was finished in this time."
        }
        let most = report.steps[busiest].finished
        return """
            \(Figures.counted(report.total.finished, "task")) \(report.total.finished == 1 ? "was" : "were") finished, \
            \(HumanText.count(report.total.failed)) of them failed. The busiest \(stepText) began at \
            \(frame.time.label(of: report.span.beginning(ofStep: busiest))) with \(Figures.counted(most, "task")).
            """
    }

    func writeFailures(to html: inout HTMLWriter) {
        html.element("h2", ["id": "failures"], "Failures by reason")
        guard report.total.failed > 0 else {
            html.element(
                "p", ["class": "lead"],
                report.total.finished > 0
                    ? "None of \(Figures.counted(report.total.finished, "task")) failed."
                    : "No task was finished in this time.")
            return
        }
        let failed = report.total.failed
        html.element(
            "p", ["class": "lead"],
            "\(Figures.counted(failed, "task")) failed. A failed task tells the robot why, and whether to work locally."
        )
        html.element("div", ["class": "chart scroll", "tabindex": "0"]) { html in
            html.element("table") { html in
                writeColumns(["Reason", "Task type", "Tasks", "Share", "Last seen"], to: &html)
                html.element("tbody") { html in
                    for failure in report.failures {
                        html.element("tr") { html in
                            html.element("td", ["class": "words"]) { html in
                                html.add(failure.reason)
                                let width = Chart.number(100 * Double(failure.count) / Double(failed))
                                html.element(
                                    "i", ["class": "share", "style": "width:\(width)%", "aria-hidden": "true"])
                            }
                            html.element("td", ["class": "words"], failure.taskType)
                            html.element("td", [:], HumanText.count(failure.count))
                            html.element("td", [:], Figures.share(failure.count, of: failed))
                            html.element("td", [:], HumanText.time(failure.lastSeen, zone: zone))
                        }
                    }
                    if report.otherFailures > 0 {
                        html.element("tr") { html in
                            html.element("td", ["class": "words"], "rarer reasons")
                            html.element("td", ["class": "words"], "")
                            html.element("td", [:], HumanText.count(report.otherFailures))
                            html.element("td", [:], Figures.share(report.otherFailures, of: failed))
                            html.element("td", [:], "")
                        }
                    }
                }
            }
        }
    }

    // MARK: - Parts

    /// A number of a step in which something was finished, zeros included.
    static func some(_ count: Int, of step: Report.Step) -> Double? {
        step.finished > 0 ? Double(count) : nil
    }

    func durationChart(
        _ title: String, unit: String, series: [Chart.Series], emptyText: String
    ) -> Chart {
        Chart(
            title: title, unit: unit, kind: .lines, series: series,
            axis: .durations(series.flatMap { $0.values.compactMap(\.self) }),
            valueText: { Figures.duration(milliseconds: $0) }, emptyText: emptyText)
    }

    func writeColumns(_ names: [String], to html: inout HTMLWriter) {
        html.element("thead") { html in
            html.element("tr") { html in
                for name in names {
                    let isWords = name == "Reason" || name == "Task type"
                    html.element("th", isWords ? ["scope": "col", "class": "words"] : ["scope": "col"], name)
                }
            }
        }
    }

    func writeCells(_ summary: DurationSummary?, to html: inout HTMLWriter) {
        let values: [KeyPath<DurationSummary, Double>] = [\.median, \.p95, \.p99, \.maximum]
        for value in values {
            html.element("td", [:], summary.map { Figures.duration(milliseconds: $0[keyPath: value]) } ?? "–")
        }
    }
}
