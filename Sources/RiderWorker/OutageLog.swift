import Logging

/// Says once that something is away and once that it is back, and spaces the tries between.
struct OutageLog {
    private static let firstPause = Duration.milliseconds(50)
    private static let longestPause = Duration.seconds(1)

    private let subject: String
    private let logger: Logger
    private var pause: Duration?

    init(subject: String, logger: Logger) {
        self.subject = subject
        self.logger = logger
    }

    mutating func note(_ error: any Error) {
        if pause == nil {
            logger.error("the \(subject) is away: trying again until it is back", metadata: ["error": "\(error)"])
        }
        pause = min(pause.map { $0 * 2 } ?? Self.firstPause, Self.longestPause)
    }

    mutating func pause(after error: any Error, clock: any Clock<Duration>) async {
        note(error)
        try? await clock.sleep(for: pause ?? Self.firstPause)
    }

    mutating func ended() {
        guard pause != nil else { return }
        pause = nil
        logger.notice("the \(subject) is back")
    }
}
