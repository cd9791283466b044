import GRDB
import RiderMigrations
import RiderModel

/// The file of metric samples. It is written with less care than the results and may be lost without them.
struct SamplesFile: Sendable {
    static let name = "samples.db"

    let path: String
    let queue: DatabaseQueue

    /// - Parameter setAside: the path to which a broken file was moved; nil when none was.
    static func open(
        directory: String, walBytes: Int, now: UnixTime
    ) throws(JournalError) -> (file: SamplesFile, setAside: String?) {
        let path = directory + "/" + name
        return try openOrBeginAnew(path, now: now) {
            let queue = try DatabaseFile.openWriter(path, synchronous: "NORMAL", walBytes: walBytes)
            try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_autocheckpoint = 1000") }
            try Migrations.samples.apply(to: queue)
            return SamplesFile(path: path, queue: queue)
        }
    }

    private init(path: String, queue: DatabaseQueue) {
        self.path = path
        self.queue = queue
    }
}

/// Opens a file; a damaged one is renamed, and a new one begun in its place.
func openOrBeginAnew<File>(
    _ path: String, now: UnixTime, _ open: () throws -> File
) throws(JournalError) -> (file: File, setAside: String?) {
    try DatabaseFile.makePrivate(path)
    do {
        return (try open(), nil)
    } catch let error as NewerDatabase {
        throw JournalError(.incompatible, error.description)
    } catch  where DatabaseFile.meansDamage(error) {
        let setAside = try DatabaseFile.setAside(path, at: now)
        try DatabaseFile.makePrivate(path)
        return (try translatingErrors(while: "beginning \(path) anew") { try open() }, setAside)
    } catch {
        throw JournalError.translating(error, while: "opening \(path)")
    }
}
