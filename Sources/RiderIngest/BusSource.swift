import RiderBus

/// Where messages of the robot come from.
public protocol BusSource: Sendable {
    /// Reads until the surrounding task is cancelled. The closures return quickly and never block.
    ///
    /// - Parameters:
    ///   - onMessage: the frames of one message.
    ///   - onLink: whether the bus can be read, at every change; it cannot at first.
    ///   - onRefused: the size of a message that was too large to be taken.
    func run(
        onMessage: @escaping @Sendable (_ frames: [[UInt8]]) -> Void,
        onLink: @escaping @Sendable (_ isUp: Bool) -> Void,
        onRefused: @escaping @Sendable (_ bytes: Int) -> Void
    ) async throws
}

extension BusSubscriber: BusSource {}
