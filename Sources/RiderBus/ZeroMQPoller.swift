import CZeroMQ
import RiderExecution

/// Waits for several sockets and doorbells at once; belongs to one thread. What it watches must outlive it.
///
///     var poller = ZeroMQPoller()
///     let bell = poller.add(doorbell)
///     let data = poller.add(socket)
///     try poller.wait(milliseconds: nil)
///     if poller.isReadable(data) { … }
public struct ZeroMQPoller {
    /// Names one watched thing.
    public struct Slot: Sendable, Hashable {
        fileprivate let index: Int
    }

    private static let readable = Int16(ZMQ_POLLIN)

    private var items: [zmq_pollitem_t] = []

    /// Watches nothing yet.
    public init() {}

    /// Watches for messages that can be received.
    public mutating func add(_ socket: ZeroMQSocket) -> Slot {
        add(zmq_pollitem_t(socket: socket.handle, fd: 0, events: Self.readable, revents: 0))
    }

    /// Watches for events of a link.
    public mutating func add(_ monitor: LinkMonitor) -> Slot {
        add(monitor.socket)
    }

    /// Watches for a ring.
    public mutating func add(_ doorbell: Doorbell) -> Slot {
        add(zmq_pollitem_t(socket: nil, fd: doorbell.descriptor, events: Self.readable, revents: 0))
    }

    private mutating func add(_ item: zmq_pollitem_t) -> Slot {
        items.append(item)
        return Slot(index: items.count - 1)
    }

    /// Returns when something watched is ready or the time is up.
    ///
    /// - Parameter milliseconds: nil waits for ever, 0 only looks.
    public mutating func wait(milliseconds: Int?) throws(ZeroMQError) {
        while zmq_poll(&items, Int32(items.count), milliseconds ?? -1) < 0 {
            guard zmq_errno() == EINTR else { throw .last("poll") }
        }
    }

    /// Whether there was something to receive when the last wait ended.
    public func isReadable(_ slot: Slot) -> Bool {
        items[slot.index].revents & Self.readable != 0
    }
}
