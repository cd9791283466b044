/// Reads the events of one socket's connections; belongs to that socket's thread.
public final class LinkMonitor {
    let socket: ZeroMQSocket

    init(address: String, in context: ZeroMQContext) throws(ZeroMQError) {
        socket = try ZeroMQSocket(.pair, in: context)
        try socket.connect(address)
    }

    /// The next event, without waiting; nil when there is none.
    public func next() throws(ZeroMQError) -> LinkEvent? {
        while case .message(let frames) = try socket.receive() {
            if let event = LinkEvent(frames: frames) { return event }
        }
        return nil
    }
}
