import CLinux
import Glibc
import Synchronization

/// The right to write a journal: an exclusive lock on `journal.lock`, held until this value goes. The kernel lets go of it
/// when the process ends, however it ends.
final class JournalLock: Sendable {
    /// nil when the lock has been given back.
    private let descriptor: Mutex<Int32?>

    /// - Parameter who: a word for people: which command holds the lock.
    init(directory: String, who: String) throws(JournalError) {
        let path = directory + "/journal.lock"
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw JournalError(
                .unavailable,
                "opening \(path) failed: \(String(cString: strerror(errno))); check that the folder is writable")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            let holder = Self.content(of: descriptor)
            close(descriptor)
            guard reason == EWOULDBLOCK else {
                throw JournalError(.unavailable, "locking \(path) failed: \(String(cString: strerror(reason)))")
            }
            throw JournalError(
                .locked,
                "the journal in \(directory) is being written by \(holder.isEmpty ? "another process" : holder); stop "
                    + "that process, or use another data_dir")
        }
        self.descriptor = Mutex(descriptor)
        let text = "process \(getpid()) (\(who))"
        ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    deinit {
        release()
    }

    /// Lets another process write the journal.
    func release() {
        descriptor.withLock { descriptor in
            guard let held = descriptor else { return }
            ftruncate(held, 0)
            close(held)
            descriptor = nil
        }
    }

    private static func content(of descriptor: Int32) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 256) { buffer in
            let count = pread(descriptor, buffer.baseAddress, buffer.count, 0)
            return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
        }
    }
}
