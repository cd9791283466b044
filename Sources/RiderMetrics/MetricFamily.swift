import Synchronization

/// All series of one name.
final class MetricFamily: Sendable {
    let declaration: MetricDeclaration
    let header: [UInt8]
    private let members = Mutex(Members())

    private struct Members {
        var byLabels: [[MetricLabel]: Member] = [:]
        /// In order of creation.
        var list: [any Series] = []
    }

    private struct Member {
        let series: any Series
        /// How many counters, meters and so on share the series.
        var holders: Int
    }

    init(_ declaration: MetricDeclaration) {
        self.declaration = declaration
        header = ExpositionPrefix.header(
            name: declaration.name, kind: declaration.kind, help: declaration.help)
    }

    var series: [any Series] { members.withLock { $0.list } }

    /// - Returns: the series of these labels, made when there was none; nil when the family has its limit.
    func series(
        labelled dimensions: [(String, String)], limit: Int, maxValueBytes: Int, nextNumber: () -> Int
    ) -> (any Series)? {
        let labels = labels(of: dimensions, maxValueBytes: maxValueBytes)
        return members.withLock { members in
            if members.byLabels[labels] != nil {
                members.byLabels[labels]?.holders += 1
                return members.byLabels[labels]?.series
            }
            guard members.list.count < limit else { return nil }
            let identity = SeriesIdentity(
                number: nextNumber(), family: declaration.name, labels: labels, kind: declaration.kind)
            let series: any Series =
                switch declaration.kind {
                case .counter: CounterSeries(identity: identity)
                case .gauge: GaugeSeries(identity: identity)
                case .histogram: HistogramSeries(identity: identity, bounds: declaration.buckets)
                }
            members.byLabels[labels] = Member(series: series, holders: 1)
            members.list.append(series)
            return series
        }
    }

    /// Removes a series when nobody holds it any more.
    func release(_ series: any Series) {
        members.withLock { members in
            let labels = series.identity.labels
            guard let member = members.byLabels[labels], member.series === series else { return }
            if member.holders > 1 {
                members.byLabels[labels]?.holders -= 1
            } else {
                members.byLabels[labels] = nil
                members.list.removeAll { $0 === series }
            }
        }
    }

    /// Legal names, declared labels first, of equal names the last value.
    private func labels(of dimensions: [(String, String)], maxValueBytes: Int) -> [MetricLabel] {
        if dimensions.isEmpty { return [] }
        var labels: [MetricLabel] = []
        for (name, value) in dimensions {
            let name = MetricName.label(name)
            labels.removeAll { $0.name == name }
            labels.append(MetricLabel(name, Self.shortened(value, toBytes: maxValueBytes)))
        }
        func rank(_ label: MetricLabel) -> Int {
            declaration.labels.firstIndex(of: label.name) ?? declaration.labels.count
        }
        return labels.sorted { (rank($0), $0.name) < (rank($1), $1.name) }
    }

    private static func shortened(_ value: String, toBytes limit: Int) -> String {
        guard value.utf8.count > limit else { return value }
        // A cut inside a character would end in a replacement character: step back to where one begins.
        var end = value.utf8.index(value.utf8.startIndex, offsetBy: limit)
        while value.utf8[end] & 0xC0 == 0x80 { end = value.utf8.index(before: end) }
        return String(value[..<end])
    }
}
