import ArgumentParser
import RiderHistory
import RiderModel

/// Where an export goes, and under which names.
struct OutputPlan: Sendable {
    /// nil: standard output.
    var path: String?
    /// A file for each period of this length; nil: one file.
    var period: Duration?
    var isGzipped: Bool

    /// - Parameter begin: of the file's period.
    func open(_ begin: UnixTime) throws -> any HistoryExport.Sink {
        let output: any HistoryExport.Sink = try path.map { try OutputFile(path: name($0, begin)) } ?? StandardOutput()
        return isGzipped ? try GzippedOutput(output) : output
    }

    /// `metrics.om` becomes `metrics-2026-11-24.om.gz`, and with shorter periods `metrics-2026-11-24T10Z.om`.
    func name(_ path: String, _ begin: UnixTime) -> String {
        var name = path
        if let period {
            let civil = HumanText.iso8601(begin)
            let whole = period.wholeMilliseconds
            let stamp =
                whole % 86_400_000 == 0
                ? String(civil.prefix(10))
                : whole % 3_600_000 == 0
                    ? civil.prefix(13) + "Z" : civil.prefix(16).replacing(":", with: "") + "Z"
            let slash = name.lastIndex(of: "/").map(name.index(after:)) ?? name.startIndex
            let dot = name[slash...].dropFirst().firstIndex(of: ".") ?? name.endIndex
            name.insert(contentsOf: "-" + stamp, at: dot)
        }
        return isGzipped && !name.hasSuffix(".gz") ? name + ".gz" : name
    }
}
