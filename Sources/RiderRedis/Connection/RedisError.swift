import RiderQueue

/// A command that Redis did not carry out, or whose answer did not come.
struct RedisError: Error, Sendable, CustomStringConvertible {
    enum Code: Sendable, Hashable {
        /// No connection could be made, or it was closed.
        case connection
        /// Nothing came within the time allowed: Redis is frozen, overloaded or unreachable.
        case timeout
        /// Redis refused; the text is its own.
        case refused
        /// What came is no answer to what was asked, or the server is none that can be used.
        case incompatible
    }

    let code: Code
    let message: String
    /// The connection on which the command was sent and no answer came: it may have been carried out.
    var unanswered: UnansweredCommand?

    init(_ code: Code, _ message: String, unanswered: UnansweredCommand? = nil) {
        self.code = code
        self.message = message
        self.unanswered = unanswered
    }

    var description: String { message }
}

/// Which connection a command without an answer was sent on.
struct UnansweredCommand: Sendable, Hashable {
    /// Redis' number of the connection; it counts per run of the server.
    let clientID: Int64
    let runID: String
}

extension QueueError {
    /// - Parameter attempt: what was tried, such as "claim from".
    init(_ error: RedisError, whileTrying attempt: String, at address: String) {
        let prefix = "cannot \(attempt) the queue in Redis at \(address): "
        switch error.code {
        case .connection, .timeout: self.init(.unavailable, prefix + error.message)
        case .incompatible: self.init(.incompatible, prefix + error.message)
        case .refused:
            let word = error.message.prefix { $0 != " " }
            let (code, advice) = Self.meaning(of: String(word))
            self.init(code, prefix + error.message + advice)
        }
    }

    private static func meaning(of word: String) -> (Code, String) {
        switch word {
        case "OOM": (.storageFull, "; Redis is at its maxmemory: raise it, or let workers empty the queue")
        case "MISCONF": (.storageFull, "; Redis cannot write to its disk")
        case "READONLY": (.unavailable, "; this server is a replica: configure the primary's address")
        case "LOADING": (.unavailable, "; it will serve when its data is loaded")
        case "NOAUTH": (.unavailable, "; set redis.password")
        case "WRONGPASS": (.unavailable, "; check redis.username and redis.password")
        case "NOPERM": (.unavailable, "; the user's ACL must allow this")
        case "BUSY": (.unavailable, "; another program's script is blocking it")
        case "RIDERLAYOUT": (.incompatible, "; a newer rider wrote it: use that version, or another redis.prefix")
        case "WRONGTYPE": (.corrupt, "; another program uses keys of this prefix: set another redis.prefix")
        case "CROSSSLOT": (.incompatible, "; a Redis cluster needs redis.legacy_lists = false")
        case "MASTERDOWN", "CLUSTERDOWN", "NOREPLICAS", "TRYAGAIN", "MOVED", "ASK": (.unavailable, "")
        default: (.corrupt, "")
        }
    }
}
