import GRDB
import Glibc
import RiderModel

extension JournalReader {
    /// Names the journal.
    public func publisherID() throws(JournalError) -> String {
        try read { try String.fetchOne($0, sql: "SELECT value FROM meta WHERE key = 'publisher_id'") ?? "" }
    }

    /// When the first and the last row were recorded; nil in an empty journal.
    public func recordedTimes() throws(JournalError) -> (first: UnixTime, last: UnixTime)? {
        let row = try read { database in
            try Row.fetchOne(
                database,
                sql: """
                    SELECT (SELECT recorded_at FROM result ORDER BY seq LIMIT 1),
                        (SELECT recorded_at FROM result ORDER BY seq DESC LIMIT 1)
                    """)
        }
        guard let first = row?[0] as Int64?, let last = row?[1] as Int64? else { return nil }
        return (UnixTime(milliseconds: first), UnixTime(milliseconds: last))
    }

    /// The journal in numbers. Counting goes through all facts, chunk by chunk; a worker that writes meanwhile may make the
    /// numbers differ by a few rows.
    public func stats() throws(JournalError) -> JournalStats {
        var stats = try read { database in
            var stats = JournalStats(
                publisherID: try String.fetchOne(
                    database, sql: "SELECT value FROM meta WHERE key = 'publisher_id'") ?? "")
            stats.firstSeq = try Int64.fetchOne(database, sql: "SELECT min(seq) FROM result")
            stats.lastSeq = try Int64.fetchOne(database, sql: "SELECT max(seq) FROM result")
            stats.superseded = try Int64.fetchOne(database, sql: "SELECT count(*) FROM superseded") ?? 0
            stats.deliveryRuns = try Int64.fetchOne(database, sql: "SELECT count(*) FROM delivery") ?? 0
            for row in try Row.fetchAll(database, sql: "SELECT topic, last FROM topic_number ORDER BY topic") {
                guard let topic = TelemetryTopic(rawValue: row[0]) else { continue }
                stats.topics.append(.init(topic: topic, rows: 0, lastNumber: row[1]))
            }
            for row in try Row.fetchAll(
                database, sql: "SELECT state, sum(last - first + 1) FROM delivery GROUP BY state")
            {
                stats.rowsByState[DeliveryState(rawValue: row[0]) ?? .uncertain, default: 0] += row[1] as Int64
            }
            for (seq, path) in [(stats.firstSeq, \JournalStats.firstRecordedAt), (stats.lastSeq, \.lastRecordedAt)] {
                guard let seq else { continue }
                stats[keyPath: path] = try Int64.fetchOne(
                    database, sql: "SELECT recorded_at FROM result WHERE seq = ?", arguments: [seq]
                ).map(UnixTime.init(milliseconds:))
            }
            return stats
        }
        try countRows(&stats)
        let known = stats.rowsByState.values.reduce(0, +)
        if stats.rows > known { stats.rowsByState[.journaled] = stats.rows - known }
        stats.files = files()
        return stats
    }

    private func countRows(_ stats: inout JournalStats) throws(JournalError) {
        guard var next = stats.firstSeq, let last = stats.lastSeq else { return }
        while next <= last {
            let chunkEnd = min(last, next + 8 * Self.chunkRows - 1)
            let counts = try read { database in
                try Row.fetchAll(
                    database.cachedStatement(
                        sql: """
                            SELECT topic, status, count(*) FROM result WHERE seq BETWEEN ? AND ? GROUP BY topic, status
                            """), arguments: [next, chunkEnd])
            }
            for row in counts {
                let rows: Int64 = row[2]
                stats.rows += rows
                stats.rowsByStatus[row[1], default: 0] += rows
                if let topic = stats.topics.firstIndex(where: { $0.topic.rawValue == row[0] as Int }) {
                    stats.topics[topic].rows += rows
                }
            }
            next = chunkEnd + 1
        }
    }

    private func files() -> [JournalStats.File] {
        guard let folder = opendir(directory) else { return [] }
        defer { closedir(folder) }
        var files: [JournalStats.File] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var status = stat()
            guard name.hasPrefix(ResultsFile.name) || name.hasPrefix(JournalReader.samplesFileName),
                stat(directory + "/" + name, &status) == 0
            else { continue }
            files.append(.init(name: name, bytes: Int64(status.st_size)))
        }
        return files.sorted { $0.name < $1.name }
    }
}
