import RiderJournal
import RiderModel

/// Breakers, links, and what became of the results.
extension ReportPage {
    func writeBreakers(to html: inout HTMLWriter) {
        html.element("h2", ["id": "breakers"], "Circuit breakers")
        html.element(
            "p", ["class": "lead"],
            """
            An engine whose breaker is open gets no tasks: the next engine does the work, or the robot hears at once to work \
            locally. Half-open, it is tried again.
            """)
        writeStrips(
            report.breakers, id: "breaker-states", names: [.good: "closed", .trying: "half-open", .bad: "open"],
            to: &html)
    }

    func writeLinks(to html: inout HTMLWriter) {
        html.element("h2", ["id": "links"], "Links and outages")
        html.element("p", ["class": "lead"], outagesInWords)
        writeStrips(report.links, id: "link-states", names: [.good: "up", .bad: "down"], to: &html)
        guard !report.outages.isEmpty else { return }
        html.element("div", ["class": "chart scroll", "tabindex": "0"]) { html in
            html.element("table") { html in
                writeColumns(["Outage", "From", "Until", "For", "Results in it"], to: &html)
                html.element("tbody") { html in
                    for outage in report.outages {
                        html.element("tr") { html in
                            html.element("th", ["scope": "row"], outage.cause.words)
                            html.element("td", [:], HumanText.time(outage.begunAt, zone: zone))
                            html.element(
                                "td", [:], outage.endedAt.map { HumanText.time($0, zone: zone) } ?? "not ended")
                            let length = (outage.endedAt ?? report.span.until) - outage.begunAt
                            html.element("td", [:], Figures.duration(milliseconds: length.wholeMilliseconds))
                            html.element("td", [:], HumanText.count(outage.rows))
                        }
                    }
                }
            }
        }
    }

    private var outagesInWords: String {
        guard report.outageCount > 0 else {
            return "Telemetry had no outage in this time: somebody could always be reached."
        }
        let lengths = Outage.Cause.allCases.compactMap { cause in
            report.outageMilliseconds[cause].map { "\(cause.words) \(Figures.duration(milliseconds: $0))" }
        }
        let listed = report.outageCount > report.outages.count ? "; the last \(report.outages.count) are listed" : ""
        return "\(Figures.counted(report.outageCount, "outage")) of telemetry: "
            + "\(lengths.joined(separator: ", "))\(listed). They are the bands in every chart."
    }

    private func writeStrips(
        _ strips: [StateStrip], id: String, names: [ReportState: String], to html: inout HTMLWriter
    ) {
        html.element("div", ["class": "chart strips", "id": id]) { html in
            guard !strips.isEmpty else {
                html.element("p", ["class": "empty"], "There is no metric history of this time.")
                return
            }
            html.element("ul", ["class": "legend"]) { html in
                for state in ReportState.allCases {
                    guard let name = names[state] else { continue }
                    html.element("li") { html in
                        html.element("i", ["class": "key fill state-\(state)"])
                        html.add(name)
                    }
                }
                html.element("li") { html in
                    html.element("i", ["class": "key unknown"])
                    html.add("not known")
                }
            }
            for strip in strips { strip.write(to: &html, names: names) }
            frame.time.write(to: &html)
        }
    }

    // MARK: - Delivery

    private static let deliveryStates: [(state: DeliveryState, meaning: String, style: String)] = [
        (.robotAcknowledged, "a listener has said that it has it", "c4"),
        (.brokerConfirmed, "the robot's broker has read it", "good"),
        (.handedOff, "given to a connected listener", "c1"),
        (.journaled, "not sent yet", "quiet"),
        (.uncertain, "the link or the process was lost in the middle", "c2"),
        (.noSubscriber, "nobody listened", "c6"),
        (.expired, "too old to be sent", "bad"),
        (.notPublished, "publishing was switched off", "c10"),
    ]

    func writeDelivery(to html: inout HTMLWriter) {
        html.element("h2", ["id": "delivery"], "Delivery")
        html.element(
            "p", ["class": "lead"],
            "What became of each result's message. What did not arrive is in the journal and can be replayed.")
        let states = Self.deliveryStates.filter { report.delivery[$0.state, default: 0] > 0 }
        Chart(
            title: "Results by delivery", unit: "results per \(stepText)", kind: .bars,
            series: states.map { state in
                Chart.Series(
                    name: state.state.name, style: state.style,
                    values: report.steps.map { Self.some($0.delivery[state.state, default: 0], of: $0) })
            },
            axis: .linear(upTo: Double(report.steps.map(\.finished).max() ?? 0), wholeTicks: true),
            valueText: Figures.count, emptyText: "No result was recorded in this time."
        ).write(to: &html, id: "delivery-states", frame: frame)
        guard !states.isEmpty else { return }
        html.element("div", ["class": "chart scroll", "tabindex": "0"]) { html in
            html.element("table") { html in
                html.element("thead") { html in
                    html.element("tr") { html in
                        html.element("th", ["scope": "col"], "State")
                        html.element("th", ["scope": "col", "class": "words"], "Meaning")
                        html.element("th", ["scope": "col"], "Results")
                        html.element("th", ["scope": "col"], "Share")
                    }
                }
                html.element("tbody") { html in
                    for state in states {
                        let count = report.delivery[state.state, default: 0]
                        html.element("tr") { html in
                            html.element("th", ["scope": "row"], state.state.name)
                            html.element("td", ["class": "words"], state.meaning)
                            html.element("td", [:], HumanText.count(count))
                            html.element("td", [:], Figures.share(count, of: report.total.finished))
                        }
                    }
                }
            }
        }
    }
}

extension Outage.Cause {
    /// What the bands in the charts mean.
    static let bands: [(style: String, name: String)] = [
        (linkDown.style, "not reachable"), (noSubscriber.style, "nobody listened"),
    ]

    /// Names a colour in the style sheet. That nobody listens is normal on many robots.
    var style: String { self == .noSubscriber ? "outage unheard" : "outage" }

    var words: String {
        switch self {
        case .noSubscriber: "nobody listened"
        case .linkDown: "link down"
        case .frozen: "listener frozen"
        case .processDown: "no worker ran"
        }
    }
}
