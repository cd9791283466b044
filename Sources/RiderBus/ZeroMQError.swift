import CZeroMQ

/// A libzmq call that failed.
public struct ZeroMQError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What was tried, in words: `bind`, `connect`, `send`, …
    public var operation: String
    /// The address it was tried on; nil when the call has none.
    public var endpoint: String?
    /// The `errno` that libzmq left.
    public var code: Int32

    public init(operation: String, endpoint: String? = nil, code: Int32) {
        self.operation = operation
        self.endpoint = endpoint
        self.code = code
    }

    /// The error that the last libzmq call of this thread left behind.
    static func last(_ operation: String, _ endpoint: String? = nil) -> ZeroMQError {
        ZeroMQError(operation: operation, endpoint: endpoint, code: zmq_errno())
    }

    /// The system's text for the code.
    public var reason: String { String(cString: zmq_strerror(code)) }

    /// A ROUTER has no connection to this peer.
    public var isUnroutable: Bool { code == EHOSTUNREACH }

    /// What a person can do about it; nil when nothing is known to help.
    public var advice: String? {
        switch code {
        case EADDRINUSE: "another program listens there: stop it or choose another port"
        case EADDRNOTAVAIL, ENODEV: "this machine has no such address: bind to 127.0.0.1 or to an address of its own"
        case EACCES: "ports below 1024 need privileges: choose a higher one"
        case EINVAL: "the address must look like tcp://HOST:PORT or bind://HOST:PORT"
        case EMFILE, ENFILE: "too many open files: raise the limit (ulimit -n)"
        default: nil
        }
    }

    public var description: String {
        var text = "ZeroMQ \(operation)"
        if let endpoint { text += " \(endpoint)" }
        text += ": \(reason)"
        if let advice { text += " (\(advice))" }
        return text
    }
}
