import CLinux
import Glibc
import RiderExecution
import Synchronization

/// Tells other processes that the queue has something new, without any of them polling.
///
/// A producer opens the file for writing and closes it again; nothing is written, so nothing reaches the disk. Watchers have asked
/// the kernel (inotify) for such closings in the folder. Watching the folder rather than the file keeps working when a person
/// removes the file.
///
/// A watcher is told of its own touches too, which wake it for nothing. So each sets a mark on the file, and one that finds no other
/// mark leaves the file alone. Whoever does not watch touches always: should a person have removed the file with the marks, a
/// lone worker still hears of every new task.
final class WakeFile: Sendable {
    private let folder: String
    private let name: String
    private let mark = Mutex<WatchMark?>(nil)

    init(folder: String, name: String) {
        self.folder = folder
        self.name = name
    }

    private var path: String { folder + "/" + name }

    /// Wakes every other watcher. Costs one system call when there is none, and else three.
    func touch() {
        let isOnlyWatcher = mark.withLock { mark in
            switch mark {
            case .some(let mark): mark.isOnlyOne
            case nil: false
            }
        }
        if isOnlyWatcher { return }
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        // A folder that cannot be written any more fails the next transaction loudly; a wake-up has nobody to tell.
        if descriptor >= 0 { close(descriptor) }
    }

    /// Calls `onTouch` at once and then whenever a process has touched the file; returns when the task is cancelled.
    func watch(_ onTouch: @escaping @Sendable () -> Void) async throws(QueueError) {
        let notifications = inotify_init1(Int32(O_CLOEXEC | O_NONBLOCK))
        guard notifications >= 0 else { throw failure("inotify_init1", limit: "fs.inotify.max_user_instances") }
        defer { close(notifications) }
        guard inotify_add_watch(notifications, folder, UInt32(IN_CLOSE_WRITE)) >= 0 else {
            throw failure("inotify_add_watch", limit: "fs.inotify.max_user_watches")
        }
        // Before the first look: who finds no mark from here on has put its task in before that look.
        try setMark()
        defer { mark.withLock { $0 = nil } }
        let stop = Doorbell()
        let name = name
        do {
            try await DetachedThread.run(name: "queue wake") {
                stop.ring()
            } loop: {
                // What was put in before the watch began has not been announced.
                onTouch()
                var polled = [
                    pollfd(fd: notifications, events: Int16(POLLIN), revents: 0),
                    pollfd(fd: stop.descriptor, events: Int16(POLLIN), revents: 0),
                ]
                while true {
                    if poll(&polled, 2, -1) < 0 {
                        if errno == EINTR { continue }
                        throw QueueError(.unavailable, "poll: \(String(cString: strerror(errno)))")
                    }
                    if polled[1].revents != 0 { return }
                    if polled[0].revents != 0, Self.drain(notifications, lookingFor: name) { onTouch() }
                }
            }
        } catch {
            throw QueueError(.unavailable, "cannot watch \(folder)/\(name)", underlying: error)
        }
    }

    private func setMark() throws(QueueError) {
        try mark.withLock { mark throws(QueueError) in mark = try WatchMark(path: path) }
    }

    /// Reads what the kernel has to tell.
    ///
    /// - Returns: true when the file was touched, or may have been: the kernel says so when it had to drop events.
    private static func drain(_ notifications: Int32, lookingFor name: String) -> Bool {
        var touched = false
        withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer in
            while true {
                let count = read(notifications, buffer.baseAddress, buffer.count)
                if count <= 0 { return }
                var offset = 0
                while offset < count {
                    let event = buffer.load(fromByteOffset: offset, as: inotify_event.self)
                    let text = buffer[(offset + MemoryLayout<inotify_event>.size)...].prefix(Int(event.len))
                    let isOurs = text.prefix { $0 != 0 }.elementsEqual(name.utf8)
                    if isOurs || event.mask & UInt32(IN_Q_OVERFLOW) != 0 { touched = true }
                    offset += MemoryLayout<inotify_event>.size + Int(event.len)
                }
            }
        }
        return touched
    }

    private func failure(_ call: String, limit: String) -> QueueError {
        QueueError(
            .unavailable,
            "cannot watch \(folder) for work of other processes: \(call): \(String(cString: strerror(errno))); "
                + "when the limit is reached, raise the kernel setting \(limit)")
    }
}
