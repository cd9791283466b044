import NIOCore
import Synchronization

/// The ready-made answer of `GET /providers/capabilities`. It is the robot's only sign of life from this machine: after three
/// late or failed answers the robot takes its work back. So nothing is computed and nobody is asked while answering.
public final class CapabilitiesSnapshot: Sendable {
    private let body: Mutex<ByteBuffer>

    public init(_ capabilities: Capabilities) {
        body = Mutex(ByteBuffer(bytes: capabilities.encoded))
    }

    /// Replaces the answer; call it when a mode or a model changes.
    public func update(_ capabilities: Capabilities) {
        let encoded = ByteBuffer(bytes: capabilities.encoded)
        body.withLock { $0 = encoded }
    }

    /// The body of the answer as it is now; also what a heartbeat to the robot carries.
    public var bytes: [UInt8] { Array(answer.readableBytesView) }

    var answer: ByteBuffer { body.withLock { $0 } }
}
