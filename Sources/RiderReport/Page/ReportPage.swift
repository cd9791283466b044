import RiderJournal
import RiderModel

/// A report as one HTML file that needs nothing else: no network, no other file.
public struct ReportPage: Sendable {
    let report: Report
    let zone: TimeZoneRules
    let frame: ChartFrame

    /// - Parameter zone: in which times are shown.
    public init(_ report: Report, zone: TimeZoneRules = .local) {
        self.report = report
        self.zone = zone
        let span = report.span
        frame = ChartFrame(
            span: span, time: TimeAxis(span, zone: zone),
            outages: report.outages.map { outage in
                let begin = span.position(of: outage.begunAt)
                return .init(
                    place: begin...max(begin, span.position(of: min(outage.endedAt ?? span.until, span.until))),
                    style: outage.cause.style)
            },
            legend: Outage.Cause.bands.filter { band in report.outages.contains { $0.cause.style == band.style } })
    }

    public var html: String {
        var html = HTMLWriter()
        html.addRaw("<!DOCTYPE html>\n")
        html.element("html", ["lang": "en"]) { html in
            html.element("head") { writeHead(to: &$0) }
            html.endLine()
            html.element("body") { html in
                html.element("header") { writeHeader(to: &$0) }
                html.element("main") { html in
                    writeTasks(to: &html)
                    writeQueue(to: &html)
                    writeFailures(to: &html)
                    writeBreakers(to: &html)
                    writeLinks(to: &html)
                    writeDelivery(to: &html)
                }
                html.element("footer") { writeFooter(to: &$0) }
                writeScript(to: &html)
            }
        }
        html.endLine()
        return html.text
    }

    private func writeHead(to html: inout HTMLWriter) {
        html.emptyElement("meta", ["charset": "utf-8"])
        html.emptyElement("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"])
        html.emptyElement("meta", ["name": "color-scheme", "content": "light dark"])
        // Whatever stands in an error's text: nothing is ever loaded.
        html.emptyElement(
            "meta",
            [
                "http-equiv": "Content-Security-Policy",
                "content": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
            ])
        html.element("title", [:], "Rider report, \(HumanText.time(report.span.since, zone: zone))")
        html.element("style") { $0.addRaw("\n" + Self.asset(PackageResources.report_css)) }
    }

    private static func asset(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func writeScript(to html: inout HTMLWriter) {
        let labels = (0..<report.span.stepCount).map { step in
            JSONValue.string(frame.time.label(of: report.span.beginning(ofStep: step)))
        }
        html.element("script", ["type": "application/json", "id": "steps"]) { html in
            html.addRaw(String(decoding: JSONValue.array(labels).encoded, as: UTF8.self))
        }
        html.endLine()
        html.element("script") { $0.addRaw("\n" + Self.asset(PackageResources.report_js)) }
    }

    // MARK: - Head of the page

    private func writeHeader(to html: inout HTMLWriter) {
        let span = report.span
        html.element("h1", [:], "Rider report")
        html.element(
            "p", ["class": "when"],
            "\(HumanText.time(span.since, zone: zone)) to \(HumanText.time(span.until, zone: zone)) "
                + "(\(HumanText.duration(span.duration)))")
        html.element("p", ["class": "facts"]) { html in
            html.add("Journal ")
            html.element("code", [:], report.publisherID)
            html.add(". Made \(HumanText.time(report.generatedAt, zone: zone)) by \(report.programVersion).")
        }
        html.element("dl", ["class": "figures"]) { html in
            for figure in keyFigures {
                html.element("div") { html in
                    html.element("dt", [:], figure.name)
                    html.element("dd") { html in
                        html.add(figure.value)
                        if !figure.note.isEmpty { html.element("small", [:], figure.note) }
                    }
                }
            }
        }
    }

    private var keyFigures: [(name: String, value: String, note: String)] {
        let total = report.total
        let took = total.processing
        let wait = total.wait
        let depth = report.levels.compactMap(\.greatestDepth).max()
        let outage = report.outageMilliseconds.filter { $0.key != .noSubscriber }.values.reduce(0, +)
        let open = report.breakers.reduce(0) { $0 + ($1.milliseconds[.bad] ?? 0) }
        return [
            ("Tasks finished", HumanText.count(total.finished), rate(of: total.finished)),
            (
                "Failed", HumanText.count(total.failed),
                total.finished == 0 ? "" : "\(Figures.share(total.failed, of: total.finished)) of the finished ones"
            ),
            (
                "Time of a task, p95", took.map { Figures.duration(milliseconds: $0.p95) } ?? "–",
                took.map {
                    "p50 \(Figures.duration(milliseconds: $0.median)), p99 \(Figures.duration(milliseconds: $0.p99))"
                } ?? "no task was finished"
            ),
            (
                "Wait in the queue, p95", wait.map { Figures.duration(milliseconds: $0.p95) } ?? "–",
                wait.map { "longest \(Figures.duration(milliseconds: $0.maximum))" } ?? "no task was finished"
            ),
            (
                "Most waiting in a level", depth.map(Figures.count) ?? "–",
                depth == nil ? "no metric history" : "tasks at one moment"
            ),
            (
                "Not reachable", outage == 0 ? "never" : Figures.duration(milliseconds: outage),
                "link down, frozen, or no worker"
            ),
            (
                "Breakers open",
                report.breakers.isEmpty ? "–" : open == 0 ? "never" : Figures.duration(milliseconds: open),
                report.breakers.isEmpty ? "no metric history" : "all engines together"
            ),
            (
                "Results delivered", total.finished == 0 ? "–" : Figures.share(report.delivered, of: total.finished),
                "\(HumanText.count(report.delivered)) of \(HumanText.count(total.finished))"
            ),
        ]
    }

    private func rate(of count: Int) -> String {
        let seconds = report.span.duration.inSeconds
        guard count > 0 else { return "" }
        let perSecond = Double(count) / seconds
        for (unit, length) in [("second", 1.0), ("minute", 60), ("hour", 3600)] where perSecond * length >= 1 {
            return "\(Figures.decimal(perSecond * length, places: 1)) per \(unit) on average"
        }
        return "\(Figures.decimal(perSecond * 86_400, places: 1)) per day on average"
    }

    private func writeFooter(to html: inout HTMLWriter) {
        html.element("p") { html in
            html.add(
                """
                Counts, waits, times, failures and delivery are those of the results in the journal; a result counts when it \
                was recorded, and is in the state of delivery that it had when this page was made. Quantiles are right to \
                1 %. Queue depth, breakers and the states of links come from the metric history, which is sampled: what \
                was shorter than a sampling interval may be missing. Steps begin at round times; each is \
                \(stepText) long. Times are those of the machine that made this page.
                """)
            if report.superseded > 0 {
                html.add(
                    " \(Figures.counted(report.superseded, "result")) of workers that had lost their lease "
                        + "\(report.superseded == 1 ? "is" : "are") left out: another attempt counts.")
            }
        }
    }

    var stepText: String { HumanText.duration(.milliseconds(report.span.stepMilliseconds)) }
}
