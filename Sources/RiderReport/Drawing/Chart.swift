import RiderModel

/// A chart over the steps of a span: bars on top of each other, or lines.
///
/// The drawing is stretched to whatever width there is; words and numbers stand beside it as text, so that they are as legible
/// on a telephone as on a desk. A table below has every value.
struct Chart: Sendable {
    enum Kind: Sendable {
        case bars
        case lines
    }

    struct Series: Sendable {
        let name: String
        /// Names a colour in the style sheet.
        let style: String
        /// One per step; nil where there is nothing.
        let values: [Double?]
    }

    let title: String
    /// What the values are, such as `tasks per 10 min`.
    let unit: String
    let kind: Kind
    let series: [Series]
    let axis: ValueAxis
    /// A value with its unit.
    let valueText: @Sendable (Double) -> String
    /// Said instead of the chart when no step has a value.
    let emptyText: String

    var isEmpty: Bool { !series.contains { $0.values.contains { $0 != nil } } }
}

/// What the charts of a page share.
struct ChartFrame: Sendable {
    let span: ReportSpan
    let time: TimeAxis
    /// Outages, as bands in every chart.
    let outages: [Band]

    struct Band: Sendable {
        /// Between 0 and 1.
        let place: ClosedRange<Double>
        let style: String
    }

    /// What the bands mean, those that there are.
    let legend: [(style: String, name: String)]
}

extension Chart {
    private static let width = 1000.0
    private static let height = 100.0

    /// - Parameter id: an anchor, unique on the page.
    func write(to html: inout HTMLWriter, id: String, frame: ChartFrame) {
        html.element("figure", ["class": "chart", "id": id]) { html in
            html.element("figcaption") { html in
                html.element("h3", [:], title)
                html.element("span", ["class": "unit"], unit)
            }
            guard !isEmpty else {
                html.element("p", ["class": "empty"], emptyText)
                return
            }
            writeLegend(to: &html, bands: frame.legend)
            html.element("div", ["class": "plot"]) { html in
                html.element("div", ["class": "y-axis", "aria-hidden": "true"]) { html in
                    for tick in axis.ticks {
                        html.element(
                            "span", ["style": "bottom:\(Self.number(axis.position(of: tick) * 100))%"], valueText(tick))
                    }
                }
                html.element(
                    "div",
                    [
                        "class": "area", "tabindex": "0", "role": "group",
                        "aria-label": "\(title): left and right arrow keys read step by step",
                    ]
                ) { html in
                    writeDrawing(to: &html, frame: frame)
                    html.element("div", ["class": "cursor"])
                }
                frame.time.write(to: &html)
            }
            html.element("p", ["class": "readout", "aria-live": "polite"])
            writeTable(to: &html, frame: frame)
        }
        html.endLine()
    }

    private func writeLegend(to html: inout HTMLWriter, bands: [(style: String, name: String)]) {
        html.element("ul", ["class": "legend"]) { html in
            for series in series {
                html.element("li") { html in
                    html.element("i", ["class": "key \(kind == .bars ? "fill" : "line") \(series.style)"])
                    html.add(series.name)
                }
            }
            for band in bands {
                html.element("li") { html in
                    html.element("i", ["class": "key \(band.style)"])
                    html.add(band.name)
                }
            }
        }
    }

    // MARK: - Drawing

    private func writeDrawing(to html: inout HTMLWriter, frame: ChartFrame) {
        html.element(
            "svg",
            [
                "viewBox": "0 0 \(Int(Self.width)) \(Int(Self.height))", "preserveAspectRatio": "none", "role": "img",
                "aria-label": spoken,
            ]
        ) { html in
            for tick in axis.ticks {
                let y = Self.number(y(of: tick))
                html.emptyElement("path", ["class": "grid", "d": "M0 \(y)H\(Int(Self.width))"])
            }
            switch kind {
            case .bars: writeBars(to: &html)
            case .lines:
                for series in series {
                    html.emptyElement("path", ["class": "line \(series.style)", "d": line(series)])
                }
            }
            // Above the bars, which would hide them.
            for outage in frame.outages {
                // Never too narrow to be seen.
                let width = max(outage.place.upperBound - outage.place.lowerBound, 0.0015) * Self.width
                for (height, style) in [("100%", outage.style), ("3", outage.style + " edge")] {
                    html.emptyElement(
                        "rect",
                        [
                            "class": style, "x": Self.number(outage.place.lowerBound * Self.width), "y": "0",
                            "width": Self.number(width), "height": height,
                        ])
                }
            }
        }
    }

    private func y(of value: Double) -> Double { Self.height * (1 - axis.position(of: value)) }

    /// One path for all bars of a series; the first series stands at the bottom.
    private func writeBars(to html: inout HTMLWriter) {
        guard let count = series.first?.values.count, count > 0 else { return }
        let step = Self.width / Double(count)
        var below = [Double](repeating: 0, count: count)
        for series in series {
            var path = ""
            for (index, value) in series.values.enumerated() {
                guard let value, value > 0 else { continue }
                let (bottom, top) = (y(of: below[index]), y(of: below[index] + value))
                below[index] += value
                path += "M\(Self.number((Double(index) + 0.08) * step)) \(Self.number(bottom))"
                path += "V\(Self.number(top))h\(Self.number(step * 0.84))V\(Self.number(bottom))z"
            }
            html.emptyElement("path", ["class": "bars \(series.style)", "d": path])
        }
    }

    /// Level over each step: a step's value holds for all of it. Nothing is drawn where nothing is known.
    private func line(_ series: Series) -> String {
        let step = Self.width / Double(max(1, series.values.count))
        var path = ""
        var isDrawing = false
        for (index, value) in series.values.enumerated() {
            guard let value else {
                isDrawing = false
                continue
            }
            let y = Self.number(y(of: value))
            path += isDrawing ? "V\(y)" : "M\(Self.number(Double(index) * step)) \(y)"
            path += "H\(Self.number(Double(index + 1) * step))"
            isDrawing = true
        }
        return path
    }

    static func number(_ value: Double) -> String {
        Figures.decimal(value, places: 2).replacing(",", with: "")
    }

    // MARK: - Words

    /// The chart in a sentence for those who do not see it.
    private var spoken: String {
        let parts = series.map { series -> String in
            let values = series.values.compactMap(\.self)
            guard let least = values.min(), let most = values.max() else { return "\(series.name): nothing" }
            return "\(series.name): \(valueText(least)) to \(valueText(most))"
        }
        return "\(title), \(unit). " + parts.joined(separator: "; ")
    }

    private func writeTable(to html: inout HTMLWriter, frame: ChartFrame) {
        html.element("details") { html in
            html.element("summary", [:], "Numbers")
            html.element("div", ["class": "scroll", "tabindex": "0"]) { html in
                html.element("table") { html in
                    html.element("thead") { html in
                        html.element("tr") { html in
                            html.element("th", ["scope": "col"], "From")
                            for series in series { html.element("th", ["scope": "col"], series.name) }
                        }
                    }
                    html.element("tbody") { html in
                        for step in 0..<frame.span.stepCount where series.contains(where: { $0.values[step] != nil }) {
                            html.element("tr", ["data-step": String(step)]) { html in
                                html.element(
                                    "th", ["scope": "row"],
                                    frame.time.label(of: frame.span.beginning(ofStep: step)))
                                for series in series {
                                    html.element("td", [:], series.values[step].map(valueText) ?? "–")
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

extension TimeAxis {
    func write(to html: inout HTMLWriter) {
        html.element("div", ["class": "x-axis", "aria-hidden": "true"]) { html in
            for tick in ticks {
                html.element(
                    "span",
                    [
                        "class": (tick.isMajor ? "major" : "minor") + (tick.position < 0.05 ? " start" : ""),
                        "style": "left:\(Chart.number(tick.position * 100))%",
                    ], tick.label)
            }
        }
    }
}
