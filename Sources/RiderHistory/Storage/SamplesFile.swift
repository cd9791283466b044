import GRDB
import RiderJournal
import RiderModel
import RiderSQLite

/// The file of metric samples, opened for writing. It is written with less care than the results and may be lost without
/// them. Who writes it holds the lock of the journal beside it.
struct SamplesFile {
    static let name = JournalReader.samplesFileName
    private static let pageSize: Int64 = 4096
    /// The write-ahead log is copied into the file at this many pages.
    private static let checkpointPages = 1000

    let path: String
    let queue: DatabaseQueue

    /// - Returns: the file, and the path to which a broken one was moved; nil when none was.
    static func open(
        directory: String, maxBytes: Int64, now: UnixTime
    ) throws -> (file: SamplesFile, setAside: String?) {
        let path = directory + "/" + name
        return try DatabaseFile.openOrBeginAnew(path, now: now) {
            let queue = try DatabaseFile.openWriter(
                path, synchronous: "NORMAL", walBytes: checkpointPages * Int(pageSize))
            try Migrations.samples.apply(to: queue)
            try queue.writeWithoutTransaction {
                try $0.execute(
                    sql: """
                        PRAGMA wal_autocheckpoint = \(checkpointPages);
                        PRAGMA max_page_count = \(max(64, maxBytes / pageSize));
                        """)
            }
            return SamplesFile(path: path, queue: queue)
        }
    }

    /// Bytes of pages that hold something; free ones inside the file are used before it grows.
    func usedBytes() throws -> Int64 {
        try queue.read { database in
            let pages = try Int64.fetchOne(database.cachedStatement(sql: "PRAGMA page_count")) ?? 0
            let free = try Int64.fetchOne(database.cachedStatement(sql: "PRAGMA freelist_count")) ?? 0
            return (pages - free) * Self.pageSize
        }
    }
}
