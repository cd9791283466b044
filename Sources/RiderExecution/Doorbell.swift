import CLinux
import Glibc

/// Wakes a thread that blocks in `poll`: an eventfd. Ringing twice before the thread looks wakes it once.
public final class Doorbell: Sendable {
    /// Readable while the bell has been rung and not yet been answered.
    public let descriptor: Int32

    public init() {
        descriptor = rider_eventfd()
        precondition(descriptor >= 0, "no eventfd: \(String(cString: strerror(errno)))")
    }

    deinit {
        close(descriptor)
    }

    public func ring() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, 8)
    }

    /// Makes the descriptor unreadable again; call it before looking for what the bell announced.
    public func answer() {
        var count: UInt64 = 0
        _ = read(descriptor, &count, 8)
    }
}
