import GRDB
import RiderModel

extension JournalReader {
    /// The history of one topic by its numbers, as much as fits.
    ///
    /// - Parameters:
    ///   - numbers: committed numbers of the topic; what is beyond the last one counts as removed.
    ///   - limit: records at most, one or more.
    ///   - maxBytes: stops after the record that reaches this many bytes of bodies.
    public func page(
        of topic: TelemetryTopic, numbers: ClosedRange<Int64>, limit: Int, maxBytes: Int
    ) throws(JournalError) -> TopicPage {
        var page = TopicPage(through: numbers.lowerBound - 1)
        var bytes = 0
        while page.through < numbers.upperBound, page.records.count < limit, bytes < maxBytes {
            try read { database in
                let next = page.through + 1
                let block = try TopicSteps.block(of: topic, number: next, in: database)
                let rows = try Row.fetchCursor(
                    database.cachedStatement(
                        sql: """
                            SELECT r.seq, r.tseq, r.recorded_at, b.bytes,
                                EXISTS (SELECT 1 FROM superseded s WHERE s.seq = r.seq)
                            FROM result r JOIN body b ON b.seq = r.seq
                            WHERE r.seq BETWEEN ? AND ? AND r.topic = ? AND r.tseq BETWEEN ? AND ? ORDER BY r.seq
                            """),
                    arguments: [
                        block.rows.lowerBound, block.rows.upperBound, topic.rawValue, next, numbers.upperBound,
                    ])
                while page.records.count < limit, bytes < maxBytes {
                    guard let row = try rows.next() else {
                        page.through = min(block.lastNumber ?? .max, numbers.upperBound)
                        return
                    }
                    page.through = row[1]
                    if row[4] {
                        page.superseded.append(page.through)
                        continue
                    }
                    let body = try row.withUnsafeData(atIndex: 3) { $0.map { [UInt8]($0) } ?? [] }
                    bytes += body.count
                    page.records.append(
                        JournalRecord(
                            seq: row[0], topicSeq: page.through, topic: topic,
                            recordedAt: UnixTime(milliseconds: row[2]), body: body))
                }
            }
        }
        return page
    }

    /// Which rows have these numbers of a topic, one block of rows at a time. Superseded rows are left out.
    ///
    /// - Parameter numbers: committed numbers of the topic.
    public func rows(of topic: TelemetryTopic, numbers: ClosedRange<Int64>) throws(JournalError) -> TopicRows {
        try read { database in
            let block = try TopicSteps.block(of: topic, number: numbers.lowerBound, in: database)
            let seqs = try Int64.fetchCursor(
                database.cachedStatement(
                    sql: """
                        SELECT seq FROM result r WHERE seq BETWEEN ? AND ? AND topic = ? AND tseq BETWEEN ? AND ?
                            AND NOT EXISTS (SELECT 1 FROM superseded s WHERE s.seq = r.seq)
                        ORDER BY seq
                        """),
                arguments: [
                    block.rows.lowerBound, block.rows.upperBound, topic.rawValue, numbers.lowerBound,
                    numbers.upperBound,
                ])
            var rows = TopicRows(through: min(block.lastNumber ?? .max, numbers.upperBound))
            while let seq = try seqs.next() {
                if let last = rows.runs.last, last.upperBound == seq - 1 {
                    rows.runs[rows.runs.count - 1] = last.lowerBound...seq
                } else {
                    rows.runs.append(seq...seq)
                }
            }
            return rows
        }
    }
}
