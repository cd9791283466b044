import GRDB
import GRDBSQLite
import Glibc
import RiderExecution
import RiderModel

/// A copy of a journal in a folder of its own, made beside a running worker or without one. The folder can be read like any
/// journal, put in the place of a lost one, or be imported.
///
/// Each file is copied in one read, so that it is of one moment. While that lasts the worker's write-ahead log cannot be cut
/// back: it grows by what is written meanwhile.
public struct JournalBackup: Sendable {
    public struct Progress: Sendable, Hashable {
        /// `journal.db` or `samples.db`.
        public var file: String
        public var bytes: Int64
        /// Bytes of the original; the copy has no more, and fewer when rows were removed.
        public var total: Int64
    }

    public struct Copy: Sendable, Hashable {
        public var file: String
        public var bytes: Int64
    }

    /// A journal's folder.
    public var source: String
    /// The folder of the copy; there must be no journal in it.
    public var target: String

    public init(source: String, target: String) {
        self.source = source
        self.target = target
    }

    /// Copies both files; one that does not exist is left out.
    ///
    /// - Parameter progress: called now and then, on a thread of its own.
    /// - Throws: ``JournalError``; `conflict` when the target holds a journal, `cancelled` when the task is cancelled. Then no
    ///   file is half there.
    public func run(progress: @escaping @Sendable (Progress) -> Void = { _ in }) async throws(JournalError) -> [Copy] {
        let isStopped = StopSign()
        do {
            return try await DetachedThread.run(name: "journal-backup") {
                isStopped.set()
            } loop: {
                try copy(progress, isStopped)
            }
        } catch {
            throw JournalError.translating(error, while: "copying the journal in \(source) to \(target)")
        }
    }

    private func copy(_ progress: @escaping @Sendable (Progress) -> Void, _ isStopped: StopSign) throws -> [Copy] {
        let files = [ResultsFile.name, JournalReader.samplesFileName]
        for file in files where access(target + "/" + file, F_OK) == 0 {
            throw JournalError(.conflict, "\(target)/\(file) exists; choose another folder")
        }
        guard access(source + "/" + ResultsFile.name, F_OK) == 0 else {
            throw JournalError(.notFound, "there is no journal in \(source); is data_dir right?")
        }
        try DatabaseFile.makeDirectory(target)
        return try files.filter { access(source + "/" + $0, F_OK) == 0 }.map { file in
            Copy(file: file, bytes: try copy(file, progress, isStopped))
        }
    }

    /// - Returns: bytes of the copy.
    private func copy(
        _ file: String, _ progress: @escaping @Sendable (Progress) -> Void, _ isStopped: StopSign
    ) throws -> Int64 {
        let partial = "\(target)/\(file).partial"
        DatabaseFile.remove(partial)
        try DatabaseFile.makePrivate(partial)
        defer { DatabaseFile.remove(partial) }
        let queue = try DatabaseFile.openReader(source + "/" + file)
        let watch = CopyWatch(
            file: file, path: partial, total: size(source + "/" + file), progress: progress,
            isStopped: { isStopped.isSet })
        do {
            try queue.inDatabase { database in
                watch.begin(database)
                defer { watch.end(database) }
                try database.execute(sql: "VACUUM INTO ?", arguments: [partial])
            }
        } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
            throw JournalError(.cancelled, "cancelled; \(file) was not copied")
        }
        try queue.close()
        try syncFile(partial)
        let target = "\(target)/\(file)"
        guard rename(partial, target) == 0 else {
            throw JournalError(.unavailable, "renaming \(partial) failed: \(String(cString: strerror(errno)))")
        }
        return size(target)
    }

    private func size(_ path: String) -> Int64 {
        var status = stat()
        return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }

    private func syncFile(_ path: String) throws(JournalError) {
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        defer { if descriptor >= 0 { close(descriptor) } }
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            throw JournalError(.unavailable, "writing \(path) failed: \(String(cString: strerror(errno)))")
        }
    }
}

/// Looks at a copy that SQLite is making: how large it is, and whether it is still wanted.
private final class CopyWatch {
    private static let stepsBetweenLooks: Int32 = 100_000

    private let file: String
    private let path: String
    private let total: Int64
    private let progress: (JournalBackup.Progress) -> Void
    private let isStopped: () -> Bool

    init(
        file: String, path: String, total: Int64, progress: @escaping (JournalBackup.Progress) -> Void,
        isStopped: @escaping () -> Bool
    ) {
        self.file = file
        self.path = path
        self.total = total
        self.progress = progress
        self.isStopped = isStopped
    }

    /// The watch must outlive the copy.
    func begin(_ database: Database) {
        sqlite3_progress_handler(
            database.sqliteConnection, Self.stepsBetweenLooks,
            { context in
                guard let context else { return 0 }
                return Unmanaged<CopyWatch>.fromOpaque(context).takeUnretainedValue().look() ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    func end(_ database: Database) {
        sqlite3_progress_handler(database.sqliteConnection, 0, nil, nil)
    }

    /// - Returns: whether the copy is to be given up.
    private func look() -> Bool {
        var status = stat()
        let bytes = stat(path, &status) == 0 ? Int64(status.st_size) : 0
        progress(.init(file: file, bytes: bytes, total: total))
        return isStopped()
    }
}
