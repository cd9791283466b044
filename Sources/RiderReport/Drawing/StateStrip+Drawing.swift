import RiderModel

extension StateStrip {
    /// One bar with its states, and their lengths in words.
    func write(to html: inout HTMLWriter, names: [ReportState: String]) {
        let told = ReportState.allCases.reversed().compactMap { state -> String? in
            guard let length = milliseconds[state], let name = names[state] else { return nil }
            return "\(name) \(Figures.duration(milliseconds: length))"
        }
        let words = told.isEmpty ? "seen too rarely to tell how long" : told.joined(separator: ", ")
        html.element("div", ["class": "strip"]) { html in
            html.element("span", ["class": "strip-name"], subject)
            html.element(
                "svg",
                [
                    "viewBox": "0 0 \(Self.slotCount) 1", "preserveAspectRatio": "none", "role": "img",
                    "aria-label": "\(subject): \(words)",
                ]
            ) { html in
                for state in ReportState.allCases {
                    html.emptyElement("path", ["class": "state-\(state)", "d": path(of: state)])
                }
            }
            html.element("span", ["class": "strip-words"], words)
        }
    }

    private func path(of state: ReportState) -> String {
        var path = ""
        var first: Int?
        for slot in 0...slots.count {
            let isIn = slot < slots.count && slots[slot] == state
            if isIn, first == nil { first = slot }
            if !isIn, let begin = first {
                path += "M\(begin) 0H\(slot)V1H\(begin)z"
                first = nil
            }
        }
        return path
    }
}
