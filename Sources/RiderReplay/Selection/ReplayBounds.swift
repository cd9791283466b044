import RiderJournal
import RiderModel

/// The rows that a request means, found in a journal.
public struct ReplayBounds: Sendable, Hashable {
    /// Finds the rows.
    public var query: JournalQuery
    /// Counts them.
    public var summary: ResultSummary
    /// The request with points of time instead of words, so that it means the same later.
    public var request: ReplayRequest

    /// Asks the journal; goes through all rows in question once, chunk by chunk.
    ///
    /// - Parameter progress: told the row it has come to, now and then.
    /// - Throws: ``ReplayRefusal``, or ``JournalError``.
    public static func find(
        _ request: ReplayRequest, in reader: JournalReader, now: UnixTime,
        progress: @Sendable (_ seq: Int64) -> Void = { _ in }
    ) async throws -> ReplayBounds {
        let request = try await request.resolved(in: reader, now: now)
        var query = JournalQuery()
        query.topics = request.topics
        query.status = request.status
        query.taskID = request.taskID
        query.onlyUndelivered = request.onlyUndelivered
        query.includesSuperseded = false
        switch request.since {
        case .time(.at(let time)): query.since = time
        case .sequence(let number): query.after = number - 1
        default: break
        }
        switch request.until {
        case .time(.at(let time)): query.until = time
        case .sequence(let number): query.through = number
        default: break
        }
        if let maxAge = request.maxAge { query.since = max(query.since ?? now - maxAge, now - maxAge) }
        return ReplayBounds(
            query: query, summary: try await reader.summary(query, progress: progress), request: request)
    }

    /// A query for the rows behind one, in the same bounds.
    public func query(after seq: Int64, rows: Int, bytes: Int) -> JournalQuery {
        var query = query
        query.after = max(seq, query.after)
        query.limit = rows
        query.maxBodyBytes = bytes
        query.includesBodies = true
        return query
    }
}

extension ReplayRequest {
    /// With points of time and numbers instead of spans and words.
    fileprivate func resolved(in reader: JournalReader, now: UnixTime) async throws -> ReplayRequest {
        func resolved(_ point: ReplayPoint?, _ edge: (OutageSpan) -> Int64) async throws -> ReplayPoint? {
            switch point {
            case .time(let expression): return .time(.at(expression.resolved(now: now)))
            case .lastOutage:
                guard let outage = try await reader.lastOutage() else {
                    throw ReplayRefusal.invalid(
                        "last-outage: this journal knows of no outage with rows in it; `rider journal outages` lists them"
                    )
                }
                return .sequence(max(1, edge(outage)))
            case .sequence, nil: return point
            }
        }
        var request = self
        request.since = try await resolved(since) { $0.firstSeq }
        request.until = try await resolved(until) { $0.lastSeq }
        return request
    }
}

extension ReplayBounds {
    /// The bounds of a run that goes on.
    init(resuming run: ReplayRun, _ request: ReplayRequest) {
        var query = JournalQuery()
        query.topics = request.topics
        query.status = request.status
        query.taskID = request.taskID
        query.onlyUndelivered = request.onlyUndelivered
        query.includesSuperseded = false
        if case .time(.at(let time)) = request.since { query.since = time }
        if case .time(.at(let time)) = request.until { query.until = time }
        query.after = max(run.position, run.first - 1)
        query.through = run.last
        self.init(query: query, summary: ResultSummary(), request: request)
    }

    /// Without the first so many rows.
    func droppingFirst(_ count: Int64, in reader: JournalReader) async throws -> ReplayBounds {
        var bounds = self
        var left = count
        while left > 0 {
            var query = bounds.query
            query.limit = Int(min(left, 4096))
            let rows = try await reader.results(query)
            guard let last = rows.last else { break }
            bounds.query.after = last.seq
            left -= Int64(rows.count)
        }
        bounds.summary = try await reader.summary(bounds.query)
        return bounds
    }
}

extension ReplayRequest {
    /// As the journal keeps it.
    var text: String { String(decoding: json.encoded, as: UTF8.self) }
}
