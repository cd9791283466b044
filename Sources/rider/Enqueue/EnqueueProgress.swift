import RiderModel

/// The line that shows how far `rider enqueue -` is: a bar when the length of the input is known.
struct EnqueueProgress: Sendable {
    private static let width = 24

    /// In bytes; nil for a pipe.
    let total: Int?
    let start: UInt64

    func text(_ report: EnqueueReport, bytesRead: Int, now: UInt64) -> String {
        let seconds = max(Double(now - start) / 1e9, 0.001)
        let done = report.queued + report.duplicates
        let counts = "\(report.text), \(Shown.count(Int(Double(done) / seconds)))/s"
        guard let total, total > 0 else { return counts }
        let share = min(1, Double(bytesRead) / Double(total))
        let filled = Int(share * Double(Self.width))
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        return "\(bar) \(Int(share * 100)) %  \(counts)"
    }
}
