import Logging
import Metrics
import RiderConfiguration
import RiderJournal

/// A journal opened for writing by a command, as long as no worker runs.
enum JournalSession {
    /// Opens the journal, runs it around the body and ends it in good order, also when the body throws.
    ///
    /// - Parameter who: the command, for whoever wants to write the journal meanwhile.
    static func use<Value: Sendable>(
        _ settings: Settings, who: String, _ body: @Sendable (Journal) async throws -> Value
    ) async throws -> Value {
        let journal = try await open(settings, who: who)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await journal.run() }
            // When the body throws, leaving the group ends the journal in good order as well.
            let value = try await body(journal)
            group.cancelAll()
            try await group.waitForAll()
            return value
        }
    }

    private static func open(_ settings: Settings, who: String) async throws -> Journal {
        do {
            return try await Journal.open(
                directory: settings.dataDirectory, configuration: settings.journalConfiguration, who: who,
                logger: logger, metricsFactory: NOOPMetricsHandler.instance)
        } catch {
            throw failure(error)
        }
    }

    /// Says what to do when another process writes the journal.
    private static func failure(_ error: JournalError) -> any Error {
        guard error.code == .locked else { return error }
        return CommandFailure("\(error.message). This command needs the worker to be stopped")
    }

    /// A command's own report is the rest: only what goes wrong is logged.
    private static var logger: Logger {
        var logger = Logger(label: "rider") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        return logger
    }
}
