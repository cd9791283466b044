import NIOHTTP1

/// Whether an address leads to this process. The robot's watchdog polls whatever a heartbeat names, and takes all work back
/// when nobody answers there: so the address is tried before it is told.
enum AddressCheck: Sendable, Hashable {
    case confirmed
    /// Nobody, or nobody in time, or with an error.
    case silent(reason: String)
    /// Somebody, but not this process.
    case stranger

    /// The header by which this process knows its own answers.
    static let header = "Rider-Instance"

    init(_ answer: Result<WebClient.Answer, WebError>, instance: String) {
        switch answer {
        case .success(let answer):
            self = answer.headers.first(name: Self.header) == instance ? .confirmed : .stranger
        case .failure(let error): self = .silent(reason: "\(error)")
        }
    }

    /// What is wrong and what to do; nil when nothing is.
    var advice: String? {
        let keys = "http.public_base_url (PC_PUBLIC_BASE_URL) must lead to http.host and http.port of this worker"
        return switch self {
        case .confirmed: nil
        case .silent(let reason): "\(reason). \(keys)"
        case .stranger: "another program answers there. \(keys)"
        }
    }
}
