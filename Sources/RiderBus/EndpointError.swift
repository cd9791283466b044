/// An endpoint that cannot be understood.
public struct EndpointError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong with it.
    public enum Code: Sendable, Hashable {
        case unknownScheme, missingHost, badHost, missingPort, badPort, nowhereToConnect
    }

    public var code: Code
    /// The text as it was given.
    public var text: String

    init(_ code: Code, in text: String) {
        self.code = code
        self.text = text
    }

    public var description: String {
        let fault =
            switch code {
            case .unknownScheme: "it must begin with bind:// (listen) or tcp:// (connect)"
            case .missingHost: "it names no host; write 127.0.0.1 for this machine"
            case .badHost: "the host is neither a name nor an address (IPv6 goes in brackets)"
            case .missingPort: "it names no port, such as :5555"
            case .badPort: "the port must be a number from 1 to 65535"
            case .nowhereToConnect: "nobody can be reached there; name the robot, or write bind:// to listen"
            }
        return "endpoint \"\(text)\": \(fault)"
    }
}
