import Glibc

/// Space set aside for the day on which the disk is full: SQLite needs room even to delete. Giving it up lets the journal
/// remove old results and go on.
struct Ballast: Sendable {
    let path: String
    let bytes: Int64

    /// Takes the space, unless it is held already.
    ///
    /// - Returns: false when the disk has no room for it; then nothing is taken.
    func take() -> Bool {
        var status = stat()
        if stat(path, &status) == 0, status.st_size == bytes, Int64(status.st_blocks) * 512 >= bytes { return true }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        // Allocated, not sparse: a hole would reserve nothing.
        guard ftruncate(descriptor, off_t(bytes)) == 0, posix_fallocate(descriptor, 0, off_t(bytes)) == 0 else {
            unlink(path)
            return false
        }
        return true
    }

    func giveUp() {
        unlink(path)
    }
}
