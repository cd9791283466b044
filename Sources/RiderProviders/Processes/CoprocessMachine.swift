import RiderModel

/// What a long-lived engine process is doing, and what is to be done about what happens to it.
///
///     stopped ─▶ starting ─▶ idle ⇄ busy
///        ▲          │        ⇅ checking
///     backing off ◀─┴──────────┴──────┴─ ended, killed, silent, confused
///
/// A pure value: it knows no process and no clock. Times are monotonic nanoseconds.
struct CoprocessMachine: Sendable {
    typealias RequestID = Int

    struct Limits: Sendable, Hashable {
        /// The process must say that it is ready within this time.
        var start = Duration.seconds(30)
        /// The first wait before a restart; it doubles with every failure in a row.
        var firstRestart = Duration.milliseconds(250)
        var lastRestart = Duration.seconds(30)
        /// An idle process that answers pings is asked whether it is still there after this time.
        var checkInterval = Duration.seconds(10)
        /// It must answer within this time.
        var checkTimeout = Duration.seconds(5)
        /// Requests that may wait for the process.
        var waiting = 16
    }

    enum State: Sendable, Hashable {
        case stopped
        case backingOff(until: UInt64)
        case starting(until: UInt64)
        case idle
        /// Asked whether it is still there.
        case checking(until: UInt64)
        case busy(RequestID)
        /// Told to die; its end has not been seen yet.
        case ending
    }

    enum Action: Sendable, Hashable {
        case spawn
        case send(RequestID)
        case ping
        case kill
        /// The request ends without an answer, for this reason.
        case fail(RequestID, String)
    }

    private(set) var state = State.stopped
    private(set) var waiting: [RequestID] = []
    /// Ends in a row without an answered request in between.
    private(set) var failures = 0
    private(set) var lastFailure = ""
    private let limits: Limits
    private var answersPings = false
    private var idleSince: UInt64 = 0

    init(_ limits: Limits = Limits()) {
        self.limits = limits
    }

    // MARK: - Events

    mutating func start(at now: UInt64) -> [Action] {
        guard state == .stopped else { return [] }
        return spawn(at: now)
    }

    /// The process said that it is ready.
    ///
    /// - Parameter answersPings: whether it can be asked if it is still there.
    mutating func becameReady(at now: UInt64 = 0, answersPings: Bool = false) -> [Action] {
        guard case .starting = state else { return confused("said twice that it is ready") }
        self.answersPings = answersPings
        return becomeIdle(at: now)
    }

    var isChecking: Bool {
        if case .checking = state { true } else { false }
    }

    /// It is still there.
    mutating func answeredPing(at now: UInt64) -> [Action] {
        guard isChecking else { return confused("answered a request that was not asked") }
        return becomeIdle(at: now)
    }

    mutating func submit(_ request: RequestID) -> [Action] {
        switch state {
        case .idle:
            state = .busy(request)
            return [.send(request)]
        case .backingOff where failures > 1:
            // The first restart is quick and worth waiting for; beyond it the robot had better work alone.
            return [.fail(request, "is being restarted: \(lastFailure)")]
        case .stopped, .backingOff, .starting, .checking, .busy, .ending:
            guard waiting.count < limits.waiting else { return [.fail(request, "has too many requests waiting")] }
            waiting.append(request)
            return []
        }
    }

    /// An answer arrived for the request; it has been delivered.
    mutating func answered(_ request: RequestID, at now: UInt64 = 0) -> [Action] {
        guard state == .busy(request) else { return confused("answered a request that was not asked") }
        failures = 0
        return becomeIdle(at: now)
    }

    /// The request was not sent after all: its time was up.
    mutating func skipped(_ request: RequestID, at now: UInt64 = 0) -> [Action] {
        waiting.removeAll { $0 == request }
        guard state == .busy(request) else { return [] }
        return becomeIdle(at: now)
    }

    /// Nobody waits for the request any more. One in flight costs the process its life: it may hang.
    mutating func cancel(_ request: RequestID) -> [Action] {
        waiting.removeAll { $0 == request }
        guard state == .busy(request) else { return [] }
        lastFailure = "took too long"
        state = .ending
        return [.kill]
    }

    /// The process broke the protocol.
    mutating func confused(_ reason: String) -> [Action] {
        lastFailure = reason
        switch state {
        case .starting, .idle, .checking:
            state = .ending
            return [.kill]
        case .busy(let request):
            state = .ending
            return [.fail(request, reason), .kill]
        case .stopped, .backingOff, .ending:
            return []
        }
    }

    /// The process has ended or could not be started.
    ///
    /// - Parameter jitter: 0..<1, so that several processes do not restart in step.
    mutating func ended(_ reason: String, at now: UInt64, jitter: Double) -> [Action] {
        var actions: [Action] = []
        if case .busy(let request) = state { actions.append(.fail(request, reason)) }
        if state != .ending { lastFailure = reason }
        failures += 1
        state = .backingOff(until: now &+ restartDelay(jitter: jitter))
        if failures > 1 {
            actions += waiting.map { .fail($0, "is being restarted: \(lastFailure)") }
            waiting.removeAll()
        }
        return actions
    }

    /// Time has passed.
    mutating func tick(at now: UInt64) -> [Action] {
        switch state {
        case .backingOff(let until) where now >= until:
            return spawn(at: now)
        case .starting(let until) where now >= until:
            return confused("did not become ready within \(limits.start.inSeconds.formatted(decimals: 1)) s")
        case .idle where answersPings && now >= idleSince &+ nanoseconds(limits.checkInterval):
            state = .checking(until: now &+ nanoseconds(limits.checkTimeout))
            return [.ping]
        case .checking(let until) where now >= until:
            return confused("did not answer within \(limits.checkTimeout.inSeconds.formatted(decimals: 1)) s")
        default:
            return []
        }
    }

    /// Everything ends: what still waits gets no answer.
    mutating func stop() -> [Action] {
        var actions = waiting.map { Action.fail($0, "was stopped") }
        waiting.removeAll()
        if case .busy(let request) = state { actions.append(.fail(request, "was stopped")) }
        switch state {
        case .starting, .idle, .checking, .busy: actions.append(.kill)
        case .stopped, .backingOff, .ending: break
        }
        state = .stopped
        return actions
    }

    /// When ``tick(at:)`` wants to be called at the latest; nil for never.
    var wakeTime: UInt64? {
        switch state {
        case .backingOff(let until), .starting(let until), .checking(let until): until
        case .idle where answersPings: idleSince &+ nanoseconds(limits.checkInterval)
        case .stopped, .idle, .busy, .ending: nil
        }
    }

    // MARK: - Steps

    private mutating func spawn(at now: UInt64) -> [Action] {
        state = .starting(until: now &+ nanoseconds(limits.start))
        return [.spawn]
    }

    private mutating func becomeIdle(at now: UInt64) -> [Action] {
        state = .idle
        idleSince = now
        guard !waiting.isEmpty else { return [] }
        let request = waiting.removeFirst()
        state = .busy(request)
        return [.send(request)]
    }

    /// Between half and all of the exponential wait.
    private func restartDelay(jitter: Double) -> UInt64 {
        let doublings = Double(UInt64(1) << UInt64(min(max(0, failures - 1), 20)))
        let full = min(limits.lastRestart.inSeconds, limits.firstRestart.inSeconds * doublings)
        return UInt64(full * (0.5 + 0.5 * min(1, max(0, jitter))) * 1e9)
    }

    private func nanoseconds(_ duration: Duration) -> UInt64 {
        UInt64(max(0, duration.inSeconds) * 1e9)
    }
}
