import GRDB
import Glibc
import RiderModel

/// What both files of a journal have in common: how they are made, and how a broken one is moved out of the way.
package enum DatabaseFile {
    static func makeDirectory(_ directory: String) throws(JournalError) {
        var path = directory.hasPrefix("/") ? "/" : ""
        for part in directory.split(separator: "/") {
            path += (path.isEmpty || path == "/" ? "" : "/") + part
            guard mkdir(path, 0o700) != 0, errno != EEXIST, errno != EISDIR else { continue }
            throw JournalError(
                .unavailable,
                "making the folder \(path) failed: \(String(cString: strerror(errno))); check data_dir and its permissions"
            )
        }
    }

    /// Makes the file readable by its owner alone before SQLite makes it readable by everybody. The `-wal` and `-shm`
    /// files take its mode.
    package static func makePrivate(_ path: String) throws(JournalError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0, fchmod(descriptor, 0o600) == 0 else {
            let reason = String(cString: strerror(errno))
            if descriptor >= 0 { close(descriptor) }
            throw JournalError(.unavailable, "opening \(path) for writing failed: \(reason); check its owner and mode")
        }
        close(descriptor)
    }

    /// Opens a file for writing, in WAL mode.
    package static func openWriter(_ path: String, synchronous: String, walBytes: Int) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = path
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { database in
            try database.execute(
                sql: """
                    PRAGMA synchronous = \(synchronous);
                    PRAGMA journal_size_limit = \(walBytes);
                    PRAGMA wal_autocheckpoint = 0;
                    """)
        }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        // Opening in WAL mode sets synchronous to NORMAL after the preparation.
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = \(synchronous)") }
        return queue
    }

    package static func openReader(_ path: String) throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.label = path
        configuration.readonly = true
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Whether an error says that the file itself is broken, so that opening it again will not help.
    package static func meansDamage(_ error: any Error) -> Bool {
        guard let error = error as? DatabaseError else { return false }
        return error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
    }

    /// Removes a file and what belongs to it; that it is not there is no failure.
    static func remove(_ path: String) {
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
    }

    /// Renames a broken file and what belongs to it.
    ///
    /// - Returns: the new path.
    package static func setAside(_ path: String, at time: UnixTime) throws(JournalError) -> String {
        var target = "\(path).broken-\(stamp(time))"
        var number = 1
        while access(target, F_OK) == 0 {
            number += 1
            target = "\(path).broken-\(stamp(time))-\(number)"
        }
        guard rename(path, target) == 0 else {
            throw JournalError(
                .unavailable,
                "\(path) is damaged and renaming it failed: \(String(cString: strerror(errno))); move it aside by hand")
        }
        for suffix in ["-wal", "-shm"] where access(path + suffix, F_OK) == 0 {
            rename(path + suffix, target + suffix)
        }
        return target
    }

    private static func stamp(_ time: UnixTime) -> String {
        var seconds = time_t(time.milliseconds / 1000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 32) { buffer in
            let count = strftime(buffer.baseAddress, buffer.count, "%Y%m%dT%H%M%SZ", &parts)
            return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }
}
