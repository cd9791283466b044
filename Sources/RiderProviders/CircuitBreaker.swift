/// Stops asking an engine that keeps failing, so that the robot hears "work locally" at once instead of after a timeout.
///
///     closed ──failures in a row──▶ open ──time──▶ half-open ──successes──▶ closed
///                                     ▲───────one failure──────┘
///
/// A pure value: whoever owns it brings the time and serialises the calls.
public struct CircuitBreaker: Sendable {
    /// When it opens and closes.
    public struct Configuration: Sendable, Hashable {
        /// Failures in a row that open it. Default 5, at least 1.
        public var failureThreshold: Int
        /// How long it refuses before it tries again. Default 60 s.
        public var openDuration: Duration
        /// Successful trials that close it. Default 2, at least 1.
        public var successThreshold: Int

        public init(failureThreshold: Int = 5, openDuration: Duration = .seconds(60), successThreshold: Int = 2) {
            self.failureThreshold = max(1, failureThreshold)
            self.openDuration = openDuration
            self.successThreshold = max(1, successThreshold)
        }
    }

    /// The raw value is what the gauge `circuit_breaker_state` shows.
    public enum State: Double, Sendable, Hashable {
        case closed = 0
        case halfOpen = 0.5
        case open = 1
    }

    /// Leave to make one call; it must be given back through ``record(_:for:at:)``.
    struct Pass: Sendable, Hashable {
        /// Which stay in a state the call belongs to: outcomes of older calls say nothing about the present.
        fileprivate let period: Int
    }

    enum Outcome: Sendable, Hashable {
        case success
        case failure
        /// The call says nothing about the engine: the caller's mistake, or a cancelled call.
        case inconclusive
    }

    private(set) var state = State.closed
    private let configuration: Configuration
    private var period = 0
    private var failuresInRow = 0
    private var successfulTrials = 0
    private var trialIsRunning = false
    private var openedAt: UInt64 = 0

    init(_ configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// Asks for leave to make a call.
    ///
    /// - Parameter now: monotonic nanoseconds.
    /// - Returns: nil when the call must not be made.
    mutating func permit(at now: UInt64) -> Pass? {
        switch state {
        case .closed:
            return Pass(period: period)
        case .open:
            guard now >= openedAt, Duration.nanoseconds(Int64(clamping: now - openedAt)) >= configuration.openDuration
            else { return nil }
            enter(.halfOpen)
            trialIsRunning = true
            return Pass(period: period)
        case .halfOpen:
            if trialIsRunning { return nil }
            trialIsRunning = true
            return Pass(period: period)
        }
    }

    /// How long it will go on refusing; nil when it would not refuse for the sake of time.
    ///
    /// - Parameter now: monotonic nanoseconds.
    func timeUntilRetry(at now: UInt64) -> Duration? {
        guard state == .open else { return nil }
        let waited = Duration.nanoseconds(Int64(clamping: now >= openedAt ? now - openedAt : 0))
        return max(.zero, configuration.openDuration - waited)
    }

    /// Says how a permitted call ended.
    ///
    /// - Parameter now: monotonic nanoseconds.
    mutating func record(_ outcome: Outcome, for pass: Pass, at now: UInt64) {
        guard pass.period == period else { return }
        switch (state, outcome) {
        case (.closed, .success):
            failuresInRow = 0
        case (.closed, .failure):
            failuresInRow += 1
            if failuresInRow >= configuration.failureThreshold { open(at: now) }
        case (.halfOpen, .success):
            trialIsRunning = false
            successfulTrials += 1
            if successfulTrials >= configuration.successThreshold { enter(.closed) }
        case (.halfOpen, .failure):
            open(at: now)
        case (.halfOpen, .inconclusive):
            trialIsRunning = false
        case (.closed, .inconclusive), (.open, _):
            break
        }
    }

    private mutating func open(at now: UInt64) {
        enter(.open)
        openedAt = now
    }

    private mutating func enter(_ next: State) {
        state = next
        period += 1
        failuresInRow = 0
        successfulTrials = 0
        trialIsRunning = false
    }
}
