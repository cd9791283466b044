import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL

/// Why a server gave no answer that can be used.
struct EngineServerFailure: Error, Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case connection, timeout, status, answer
    }

    let kind: Kind
    let text: String
    /// Of HTTP, when the server answered.
    var status: Int?
    /// The server's own words; empty when it has none.
    var words = ""
    /// How long the server asks to be left alone.
    var retryAfter: Duration?
    /// The connection broke before an answer began.
    private var isBroken = false
    /// Nobody is there.
    private(set) var isAway = false

    init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }

    init(_ error: any Error, engine: EngineConfiguration) {
        switch error {
        case let failure as EngineServerFailure:
            self = failure
        case let error as HTTPClientError where error == .connectTimeout:
            self.init(.connection, "\(engine.name) cannot be reached at \(engine.shownURL): no answer")
            isAway = true
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout:
            self.init(.timeout, "\(engine.name) did not answer in time")
        case let error as HTTPClientError where error == .remoteConnectionClosed:
            self.init(.connection, "\(engine.name) at \(engine.shownURL) closed the connection")
            isBroken = true
        case let error as HTTPClientError:
            self.init(
                .connection, "The connection to \(engine.name) at \(engine.shownURL) failed: \(error.shortDescription)")
        case let error as HTTPParserError:
            self.init(
                .connection, "\(engine.name) at \(engine.shownURL) broke off in the middle of its answer: \(error)")
        case is NIOSSLError, is BoringSSLError:
            self.init(
                .connection,
                "\(engine.name) at \(engine.shownURL) cannot be trusted: \(error). For a server of your own, name its certificate in ca_file"
            )
        case is NIOTooManyBytesError:
            self.init(.answer, "\(engine.name) answered too much")
        default:
            self.init(.connection, "\(engine.name) does not answer at \(engine.shownURL)")
            isAway = true
        }
    }

    /// For a server that is away.
    static let advice = ": start the server, or set the engine's url"

    /// Nothing is lost by asking again: the server says that it is too busy, or was gone before it said anything. A refused
    /// connection is not tried again: nothing changes in so short a time.
    var mayRetry: Bool { isBroken || status == 429 || status == 503 }

    /// What it means for the task. A server that refuses the request itself, and no other, is not broken: another engine may
    /// take it.
    var engineError: EngineError {
        switch status {
        case 400, 413, 415, 422: .unsuited(text)
        default: .failed(isAway ? text + Self.advice : text)
        }
    }
}
