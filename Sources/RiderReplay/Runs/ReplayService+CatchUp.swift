import Logging
import RiderJournal
import RiderModel

/// Catch-up: what waited for the link, or may have been lost with it, is sent when somebody listens again.
///
/// Live messages do not wait for it: they go first, and what is sent here carries the marks of a replay, because whoever
/// reads it must not take it for news.
extension ReplayService {
    func catchUp() async {
        guard let need = takeCatchUp() else { return }
        do {
            // What the publisher has just said of the outage's rows must be seen.
            try await journal.writeReports()
            guard let bounds = try await catchUpBounds(need), let first = bounds.summary.firstSeq,
                let last = bounds.summary.lastSeq
            else { return }
            let run = try await journal.beginReplay(
                ReplayPlan(
                    kind: .catchUp, selection: bounds.request.text, first: first, last: last,
                    selected: bounds.summary.rows, hasProbe: try confirmsLive()))
            logger.notice(
                "catching up what nobody is known to have",
                metadata: ["run": "\(run.id)", "rows": "\(run.selected)", "first": "\(first)", "last": "\(last)"])
            let limit = configuration.catchUpPerSecond
            await perform(ticket(run, bounds, rate: limit > 0 ? .adaptive(Double(limit)) : .unlimited))
        } catch  where !Task.isCancelled {
            logger.error(
                "no catch-up: `rider replay --only-undelivered` sends these rows later", metadata: ["error": "\(error)"]
            )
        } catch {
            // Ended on the way: the next start catches up.
        }
    }

    /// - Returns: nil when nothing is owed.
    private func catchUpBounds(_ need: CatchUpNeed) async throws -> ReplayBounds? {
        var request = ReplayRequest()
        request.topics = need.topics
        request.onlyUndelivered = true
        request.until = .sequence(max(1, need.through))
        request.maxAge = configuration.catchUpMaxAge
        // An outage during a catch-up ends it; the next one begins when the link is back.
        request.wait = .zero
        let now = time.wall()
        let bounds = try await ReplayBounds.find(request, in: reader, now: now)
        let excess = bounds.summary.rows - Int64(configuration.catchUpMaxRows)
        guard excess > 0 else { return bounds.summary.rows > 0 ? bounds : nil }
        logger.warning(
            "more rows are undelivered than one catch-up sends: `rider replay --only-undelivered` sends the older ones",
            metadata: ["rows": "\(bounds.summary.rows)", "limit": "\(configuration.catchUpMaxRows)"])
        return try await bounds.droppingFirst(excess, in: reader)
    }
}
