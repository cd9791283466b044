/// When the next try to connect is due: at once after a first failure, then with growing pauses that differ from worker to worker.
struct ReconnectPolicy: Sendable, Hashable {
    /// The longest pause: Redis is found again this soon after its return.
    static let longestPause = 0.5
    private static let shortestPause = 0.05

    private(set) var failures = 0
    /// Monotonic nanoseconds.
    private(set) var nextTry: UInt64 = 0

    /// - Parameter fraction: a random number from 0 to 1: a pause is between half and all of what it may be.
    mutating func failed(now: UInt64, fraction: Double) {
        failures += 1
        let ceiling = min(Self.longestPause, Self.shortestPause * Double(1 << min(failures - 1, 10)))
        nextTry = now + UInt64(ceiling * (0.5 + 0.5 * min(max(fraction, 0), 1)) * 1e9)
    }

    mutating func succeeded() {
        self = ReconnectPolicy()
    }

    func mayTry(now: UInt64) -> Bool { now >= nextTry }
}
