import GRDB
import RiderModel
import RiderSQLite

extension DatabaseFile {
    /// Opens a file; a damaged one is renamed, and a new one begun in its place.
    ///
    /// - Returns: the file, and the path to which a broken one was moved; nil when none was.
    package static func openOrBeginAnew<File>(
        _ path: String, now: UnixTime, _ open: () throws -> File
    ) throws(JournalError) -> (file: File, setAside: String?) {
        try makePrivate(path)
        do {
            return (try open(), nil)
        } catch let error as NewerDatabase {
            throw JournalError(.incompatible, error.description)
        } catch  where meansDamage(error) {
            let setAside = try setAside(path, at: now)
            try makePrivate(path)
            return (try translatingErrors(while: "beginning \(path) anew") { try open() }, setAside)
        } catch {
            throw JournalError.translating(error, while: "opening \(path)")
        }
    }
}
