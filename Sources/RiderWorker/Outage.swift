import Logging
import Synchronization

/// Says once that something is away and once that it is back, however many loops meet with it.
final class Outage: Sendable {
    private let subject: String
    private let logger: Logger
    private let isAway = Mutex(false)

    init(of subject: String, logger: Logger) {
        self.subject = subject
        self.logger = logger
    }

    func began(_ error: any Error) {
        let isNews = isAway.withLock { isAway in
            defer { isAway = true }
            return !isAway
        }
        guard isNews else { return }
        logger.error("the \(subject) is away: trying again until it is back", metadata: ["error": "\(error)"])
    }

    func ended() {
        let isNews = isAway.withLock { isAway in
            defer { isAway = false }
            return isAway
        }
        if isNews { logger.notice("the \(subject) is back") }
    }
}

/// Spaces the tries of one loop while something is away.
struct RetryPause {
    private static let first = Duration.milliseconds(50)
    /// Whatever comes back is noticed well within a second.
    private static let longest = Duration.milliseconds(500)

    private var pause = Self.first

    mutating func next() -> Duration {
        defer { pause = min(pause * 2, Self.longest) }
        return pause
    }

    mutating func reset() {
        pause = Self.first
    }
}
