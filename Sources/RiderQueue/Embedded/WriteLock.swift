import CLinux
import Glibc
import RiderModel

/// Lets one connection at a time write to a queue's file, among all processes of this machine.
///
/// SQLite before 3.51.3 may damage a write-ahead log when one connection starts it afresh while another writes or checkpoints.
/// Debian's is older; so every write transaction, opening and closing hold an exclusive `flock` on a file beside the database.
/// The kernel gives it back when a process dies.
final class WriteLock {
    private let path: String
    private let descriptor: Int32
    /// How long a holder is waited for before the step fails.
    private let patience: Duration

    init(path: String, patience: Duration = .seconds(10)) throws(QueueError) {
        self.path = path
        self.patience = patience
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        if descriptor < 0 {
            throw QueueError(
                .unavailable, "cannot open \(path): \(String(cString: strerror(errno))); make the folder writable")
        }
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// Runs `body` while no other connection writes. Blocks: only for threads made for that.
    func hold<Success>(_ body: () throws -> Success) throws -> Success {
        try lock()
        defer { flock(descriptor, LOCK_UN) }
        return try body()
    }

    /// Tries, and sleeps a little between tries: a blocking `flock` has no timeout, and a stopped holder must not hang this
    /// process for ever. Holders keep the lock for milliseconds, so only the first few tries are ever needed.
    private func lock() throws(QueueError) {
        let start = TimeSource.system.monotonicNanoseconds()
        var pause: UInt32 = 50
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw QueueError(.unavailable, "cannot lock \(path): \(String(cString: strerror(errno)))")
            }
            let waited = Duration.nanoseconds(Int64(TimeSource.system.monotonicNanoseconds() - start))
            guard waited < patience else {
                throw QueueError(
                    .unavailable,
                    "another process has kept \(path) locked for \(patience): find it with `fuser \(path)`")
            }
            usleep(pause)
            pause = min(pause * 2, 2_000)
        }
    }
}
