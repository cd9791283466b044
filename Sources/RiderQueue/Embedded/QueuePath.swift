import Glibc

/// The files of one embedded queue: `queue.sqlite` has `queue.lock` and `queue.wake` beside it.
struct QueuePath: Sendable {
    let database: String
    let folder: String
    private let stem: String

    init(_ database: String) {
        self.database = database
        let slash = database.lastIndex(of: "/")
        folder = slash.map { $0 == database.startIndex ? "/" : String(database[..<$0]) } ?? "."
        let name = slash.map { database[database.index(after: $0)...] } ?? database[...]
        stem = String(name.lastIndex(of: ".").flatMap { $0 == name.startIndex ? nil : name[..<$0] } ?? name)
    }

    var lock: String { "\(folder)/\(stem).lock" }
    var wake: WakeFile { WakeFile(folder: folder, name: "\(stem).wake") }

    /// Makes the folder (0700) when it is not there, and the database file (0600), whose mode SQLite gives to its own files.
    func prepare() throws(QueueError) {
        try Self.makeFolder(folder)
        // An existing file is not opened: closing it would drop the locks that this process's other connections hold on it.
        let descriptor = open(database, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if descriptor >= 0 {
            close(descriptor)
        } else if errno != EEXIST || chmod(database, 0o600) != 0 {
            throw QueueError(
                .unavailable,
                "cannot open \(database): \(String(cString: strerror(errno))); check its owner and the folder's")
        }
    }

    private static func makeFolder(_ folder: String) throws(QueueError) {
        if mkdir(folder, 0o700) == 0 || errno == EEXIST { return }
        if errno == ENOENT, let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
            try makeFolder(String(folder[..<slash]))
            if mkdir(folder, 0o700) == 0 || errno == EEXIST { return }
        }
        throw QueueError(
            .unavailable,
            "cannot make the folder \(folder): \(String(cString: strerror(errno))); set data_dir to a folder you can write"
        )
    }
}
