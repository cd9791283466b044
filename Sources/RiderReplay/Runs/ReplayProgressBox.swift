import RiderJournal
import RiderModel
import Synchronization

/// The progress of one replay between the sender's thread, which tells it, and readers that wait for news.
final class ReplayProgressBox: Sendable {
    private struct State {
        var progress: ReplayProgress
        /// Sent rows at past times, oldest first: what the rate is made of.
        var samples: [(time: UInt64, sent: Int64)] = []
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var nextWaiter: UInt64 = 0
    }

    private static let rateSpan: UInt64 = 2_000_000_000
    private static let samplesKept = 32

    private let state: Mutex<State>
    private let time: TimeSource
    private let start: UInt64

    init(_ progress: ReplayProgress, time: TimeSource) {
        state = Mutex(State(progress: progress))
        self.time = time
        start = time.monotonicNanoseconds()
    }

    var progress: ReplayProgress { state.withLock { $0.progress } }

    func update(_ change: (inout ReplayProgress) -> Void) {
        let now = time.monotonicNanoseconds()
        let waiters = state.withLock { state in
            change(&state.progress)
            state.progress.version += 1
            state.progress.elapsed = .nanoseconds(Int64(now - start))
            Self.estimate(&state, at: now)
            defer { state.waiters.removeAll() }
            return state.waiters.values.map { $0 }
        }
        for waiter in waiters { waiter.resume() }
    }

    private static func estimate(_ state: inout State, at now: UInt64) {
        let progress = state.progress
        if progress.phase.isEnd {
            let seconds = progress.elapsed.inSeconds
            state.progress.rate = seconds > 0 ? Double(progress.sent) / seconds : 0
            state.progress.remaining = nil
            return
        }
        while let first = state.samples.first,
            now - first.time > rateSpan || state.samples.count >= samplesKept, state.samples.count > 1
        { state.samples.removeFirst() }
        state.samples.append((now, progress.sent))
        guard let first = state.samples.first, now > first.time else { return }
        let rate = Double(progress.sent - first.sent) / Double(now - first.time) * 1e9
        state.progress.rate = max(0, rate)
        let left = Double(max(0, progress.selected - progress.sent))
        state.progress.remaining = rate > 0 ? .milliseconds(Int64(min(left / rate * 1000, 1e15))) : nil
    }

    /// Returns the progress when it is newer than a version, the replay is over, or the time is up.
    func progress(after version: Int64, within limit: Duration) async -> ReplayProgress {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.change(after: version) }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
        return progress
    }

    private func change(after version: Int64) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isNews = state.withLock { state in
                    // The handler below may have run before the waiter is in the list.
                    let isNews = state.progress.version > version || state.progress.phase.isEnd || Task.isCancelled
                    if !isNews { state.waiters[id] = continuation }
                    return isNews
                }
                if isNews { continuation.resume() }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume()
        }
    }
}

extension ReplayProgress {
    /// What one report adds.
    mutating func add(_ report: ReplayReport) {
        phase =
            switch report.phase {
            case .waiting: .waiting
            case .sending: .sending
            case .confirming: .confirming
            }
        sent = report.sent
        for range in report.ranges {
            switch range.state {
            case .brokerConfirmed, .robotAcknowledged: confirmed += range.count
            case .uncertain: uncertain += range.count
            case .handedOff: if !confirms { handedOff += range.count }
            case .noSubscriber, .expired, .notPublished: notSent += range.count
            case .journaled: break
            }
        }
    }

    /// What the journal knows at the end: each row counts once, however often it was sent.
    mutating func settle(_ counts: ReplayRun.Counts) {
        sent = counts.sent
        confirmed = counts.confirmed
        uncertain = counts.uncertain
        handedOff = counts.handedOff
        notSent = counts.notSent
    }
}
