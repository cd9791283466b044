import RiderJournal
import RiderModel

/// Begins, watches and stops replays: those of this process, or those of a worker that is asked over HTTP.
public protocol ReplayControl: Sendable {
    /// - Returns: the first progress; done, and without a run, when there is nothing to send.
    func start(_ request: ReplayRequest) async throws(ReplayRefusal) -> ReplayProgress

    /// Goes on with a run that was stopped.
    ///
    /// - Parameters:
    ///   - rate: nil keeps the run's own.
    ///   - isWatched: see ``ReplayRequest/isWatched``.
    func resume(
        _ id: ReplayRun.ID, rate: ReplayRate?, wait: Duration, isWatched: Bool
    ) async throws(ReplayRefusal) -> ReplayProgress

    /// Waits until there is something newer than a version, and not longer than the limit.
    ///
    /// - Returns: nil when there is no such run.
    func progress(
        of id: ReplayRun.ID, after version: Int64, within limit: Duration
    ) async throws(ReplayRefusal) -> ReplayProgress?

    /// Stops a run; what is on its way may still be confirmed.
    ///
    /// - Returns: false when there is no such run.
    func stop(_ id: ReplayRun.ID) async throws(ReplayRefusal) -> Bool
}

extension ReplayService: ReplayControl {}
