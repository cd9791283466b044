import CLinux
import Glibc

/// Shows others that somebody watches a file: a read lock, which the kernel takes back when the process dies.
struct WatchMark: ~Copyable {
    private let descriptor: Int32

    /// - Returns: nil when the file cannot be opened or locked: then nobody sees this watcher.
    init?(path: String) {
        let descriptor = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return nil }
        guard rider_lock_shared(descriptor) == 0 else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// True while nobody else has a mark on the file, be it in this process or in another one.
    var isOnlyOne: Bool { rider_is_unlocked(descriptor) == 1 }
}
