import CZeroMQ

/// Something that happened to a connection.
public struct LinkEvent: Sendable, Hashable {
    /// What happened; the raw value is libzmq's.
    public enum Kind: UInt16, Sendable, Hashable, CaseIterable {
        /// The system has connected. A frozen peer connects as well: trust ``handshakeSucceeded``.
        case connected = 0x0001
        case connectDelayed = 0x0002
        case connectRetried = 0x0004
        case listening = 0x0008
        case bindFailed = 0x0010
        case accepted = 0x0020
        case acceptFailed = 0x0040
        case closed = 0x0080
        case closeFailed = 0x0100
        case disconnected = 0x0200
        case handshakeFailed = 0x0800
        /// Both sides speak ZeroMQ and have said so: the link is up.
        case handshakeSucceeded = 0x1000
        case handshakeFailedProtocol = 0x2000
        case handshakeFailedAuthentication = 0x4000
    }

    /// A choice of events.
    public struct Kinds: OptionSet, Sendable, Hashable {
        public let rawValue: UInt16

        public init(rawValue: UInt16) {
            self.rawValue = rawValue
        }

        public init(_ kinds: Kind...) {
            rawValue = kinds.reduce(0) { $0 | $1.rawValue }
        }

        /// Coming up and going down; nothing while a peer is simply away.
        public static let life = Kinds(
            .handshakeSucceeded, .disconnected, .handshakeFailed, .handshakeFailedProtocol,
            .handshakeFailedAuthentication)
        /// Every event, those of a peer that is away included.
        public static let all = Kinds(rawValue: Kind.allCases.reduce(0) { $0 | $1.rawValue })
    }

    public var kind: Kind
    /// The descriptor, error number or wait in milliseconds that libzmq gives with the event.
    public var value: UInt32
    /// The address as libzmq names it.
    public var endpoint: String

    public init(kind: Kind, value: UInt32 = 0, endpoint: String = "") {
        self.kind = kind
        self.value = value
        self.endpoint = endpoint
    }

    /// For a connecting socket: true when the link came up, false when it went down, nil when this changes nothing.
    public var linkIsUp: Bool? {
        switch kind {
        case .handshakeSucceeded: true
        case .disconnected: false
        default: nil
        }
    }

    /// Reads libzmq's two frames: event number and value, then the address.
    init?(frames: [[UInt8]]) {
        guard frames.count == 2, frames[0].count == 6 else { return nil }
        let number = frames[0].withUnsafeBytes { $0.loadUnaligned(as: UInt16.self) }
        guard let kind = Kind(rawValue: number) else { return nil }
        self.kind = kind
        value = frames[0].withUnsafeBytes { $0.loadUnaligned(fromByteOffset: 2, as: UInt32.self) }
        endpoint = String(decoding: frames[1], as: UTF8.self)
    }
}
