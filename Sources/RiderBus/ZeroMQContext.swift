import CZeroMQ

/// The home of sockets: owns libzmq's one background thread for input and output.
///
/// Every socket holds its context, so the context ends after its last socket. Ending it waits for unsent messages as
/// long as the sockets' linger says, which is not at all unless a socket asks for it.
///
/// `@unchecked Sendable`: libzmq contexts may be used from any thread, and the handle never changes.
public final class ZeroMQContext: @unchecked Sendable {
    let handle: UnsafeMutableRawPointer

    public init() throws(ZeroMQError) {
        guard let handle = zmq_ctx_new() else { throw .last("create context") }
        self.handle = handle
    }

    deinit {
        while zmq_ctx_term(handle) != 0, zmq_errno() == EINTR {}
    }
}
