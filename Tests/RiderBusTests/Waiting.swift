@testable import RiderBus

extension ZeroMQSocket {
    /// Waits for the next message.
    func nextMessage() throws -> [[UInt8]] {
        var poller = ZeroMQPoller()
        _ = poller.add(self)
        while true {
            if case .message(let frames) = try receive() { return frames }
            try poller.wait(milliseconds: nil)
        }
    }
}

extension LinkMonitor {
    /// Waits for the next event.
    func nextEvent() throws -> LinkEvent {
        var poller = ZeroMQPoller()
        _ = poller.add(self)
        while true {
            if let event = try next() { return event }
            try poller.wait(milliseconds: nil)
        }
    }
}
