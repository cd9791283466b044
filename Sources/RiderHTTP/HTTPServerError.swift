/// The server could not do its work.
public enum HTTPServerError: Error, Sendable, CustomStringConvertible {
    /// The address cannot be listened on.
    case cannotListen(host: String, port: Int, reason: String)

    public var description: String {
        switch self {
        case .cannotListen(let host, let port, let reason):
            "cannot listen on \(host), port \(port) (\(reason)): set http.host and http.port (SERVER_HOST, SERVER_PORT) "
                + "to a free address of this machine"
        }
    }
}
