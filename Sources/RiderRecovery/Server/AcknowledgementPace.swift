/// Keeps acknowledgements from reaching the journal faster than it writes them: a listener of one topic among many gives a
/// run of delivery states per row.
struct AcknowledgementPace: Sendable {
    private let nanosecondsPerRun: UInt64
    /// What was taken so far is paid for by then.
    private(set) var next: UInt64 = 0

    init(perSecond: Int) {
        nanosecondsPerRun = 1_000_000_000 / UInt64(max(1, perSecond))
    }

    func allows(at now: UInt64) -> Bool { now >= next }

    mutating func took(_ runs: Int, at now: UInt64) {
        next = max(next, now) + UInt64(runs) * nanosecondsPerRun
    }
}
