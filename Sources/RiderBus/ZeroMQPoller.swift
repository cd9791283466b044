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

    public struct Interest: OptionSet, Sendable, Hashable {
        public let rawValue: Int16

        public init(rawValue: Int16) {
            self.rawValue = rawValue
        }

        public static let readable = Interest(rawValue: Int16(ZMQ_POLLIN))
        public static let writable = Interest(rawValue: Int16(ZMQ_POLLOUT))
    }

    private var items: [zmq_pollitem_t] = []

    public init() {}

    public mutating func add(_ socket: ZeroMQSocket, _ interest: Interest = .readable) -> Slot {
        add(zmq_pollitem_t(socket: socket.handle, fd: 0, events: interest.rawValue, revents: 0))
    }

    public mutating func add(_ monitor: LinkMonitor) -> Slot {
        add(monitor.socket)
    }

    public mutating func add(_ doorbell: Doorbell) -> Slot {
        add(zmq_pollitem_t(socket: nil, fd: doorbell.descriptor, events: Interest.readable.rawValue, revents: 0))
    }

    private mutating func add(_ item: zmq_pollitem_t) -> Slot {
        items.append(item)
        return Slot(index: items.count - 1)
    }

    /// Changes what a socket is watched for; an empty interest leaves it alone.
    public mutating func watch(_ slot: Slot, for interest: Interest) {
        items[slot.index].events = interest.rawValue
    }

    /// Returns when something watched is ready or the time is up.
    ///
    /// - Parameter milliseconds: nil waits for ever, 0 only looks.
    public mutating func wait(milliseconds: Int?) throws(ZeroMQError) {
        while zmq_poll(&items, Int32(items.count), milliseconds ?? -1) < 0 {
            guard zmq_errno() == EINTR else { throw .last("poll") }
        }
    }

    public func isReadable(_ slot: Slot) -> Bool {
        items[slot.index].revents & Interest.readable.rawValue != 0
    }

    public func isWritable(_ slot: Slot) -> Bool {
        items[slot.index].revents & Interest.writable.rawValue != 0
    }
}
