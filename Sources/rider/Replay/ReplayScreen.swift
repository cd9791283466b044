import RiderModel
import RiderReplay

/// Shows how far a replay is: JSON lines, or one line on a terminal.
struct ReplayScreen: Sendable {
    private static let barWidth = 24

    let isJSON: Bool
    private let line = ProgressLine()

    init(isJSON: Bool) {
        self.isJSON = isJSON
    }

    func show(_ progress: ReplayProgress) {
        if isJSON {
            Terminal.write(json: progress.json)
        } else if progress.phase.isEnd {
            line.clear()
        } else {
            line.show(Self.text(progress))
        }
    }

    static func text(_ progress: ReplayProgress) -> String {
        switch progress.phase {
        case .queued: return "waiting for another replay to end"
        case .waiting: return "waiting for a subscriber"
        default: break
        }
        let share = progress.selected > 0 ? min(1, Double(progress.sent) / Double(progress.selected)) : 1
        let full = Int(share * Double(barWidth))
        let bar = String(repeating: "#", count: full) + String(repeating: "-", count: barWidth - full)
        var text = "[\(bar)] \(Shown.count(progress.sent)) of \(Shown.count(progress.selected))"
        if progress.phase == .confirming { return text + ", waiting for the last confirmations" }
        text += ", \(Shown.count(Int(progress.rate.rounded())))/s"
        if let remaining = progress.remaining { text += ", \(HumanText.duration(remaining)) left" }
        return text
    }
}
