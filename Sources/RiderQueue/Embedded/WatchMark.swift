import CLinux
import Glibc

/// Shows others that somebody watches a file: a read lock, which the kernel takes back when the process dies.
struct WatchMark: ~Copyable {
    private let descriptor: Int32

    /// - Throws: ``QueueError`` when the file cannot be opened or locked: others would not wake this watcher.
    init(path: String) throws(QueueError) {
        let descriptor = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure("open", path) }
        guard rider_lock_shared(descriptor) == 0 else {
            let failure = Self.failure("lock", path)
            close(descriptor)
            throw failure
        }
        self.descriptor = descriptor
    }

    private static func failure(_ action: String, _ path: String) -> QueueError {
        QueueError(
            .unavailable,
            "cannot \(action) \(path): \(String(cString: strerror(errno))); check its owner and mode, or remove it")
    }

    deinit {
        close(descriptor)
    }

    /// True while nobody else has a mark on the file, be it in this process or in another one.
    var isOnlyOne: Bool { rider_is_unlocked(descriptor) == 1 }
}
