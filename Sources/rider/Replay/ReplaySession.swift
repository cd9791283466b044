import Foundation
import Logging
import RiderBus
import RiderConfiguration
import RiderJournal
import RiderModel
import RiderReplay
import UnixSignals

/// One replay from the command line: asks the worker that writes the journal, or writes it itself.
struct ReplaySession: Sendable {
    /// Progress is asked for at most so often.
    private static let pause = Duration.milliseconds(100)

    private static let sameSignal = Duration.milliseconds(300)

    let settings: Settings
    let show: ReplayScreen

    typealias Beginning = @Sendable (any ReplayControl) async throws(ReplayRefusal) -> ReplayProgress

    /// Carries it out and returns how it ended.
    func run(_ begin: @escaping Beginning) async throws -> ReplayProgress {
        var logger = Logger(label: "replay") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = max(.warning, Logger.Level(rawValue: settings.logLevel) ?? .warning)
        switch await open(logger) {
        case .success(let journal): return try await sendHere(journal, logger: logger, begin)
        case .failure(let error) where error.code == .locked:
            return try await askWorker(begin, lockedBecause: error.message)
        case .failure(let error): throw error
        }
    }

    private func open(_ logger: Logger) async -> Result<Journal, JournalError> {
        do throws(JournalError) {
            return .success(
                try await Journal.open(
                    directory: settings.dataDirectory, configuration: settings.journalConfiguration,
                    who: "rider replay", logger: logger))
        } catch {
            return .failure(error)
        }
    }

    // MARK: - A worker does it

    private func askWorker(_ begin: @escaping Beginning, lockedBecause reason: String) async throws -> ReplayProgress {
        guard let address = WorkerAddress(in: settings.dataDirectory) else {
            throw CommandFailure("\(reason); it serves no HTTP under which it could be asked")
        }
        return try await WorkerReplays.use(url: address.url, token: settings.http.token) { worker in
            try await follow(worker, begin)
        }
    }

    // MARK: - This process does it

    private func sendHere(
        _ journal: Journal, logger: Logger, _ begin: @escaping Beginning
    ) async throws -> ReplayProgress {
        let service = ReplayService(
            journal: journal,
            outlets: TelemetryOutlets(
                live: nil, settings: settings, publisherID: journal.publisherID, context: try ZeroMQContext(),
                logger: logger), configuration: settings.replayConfiguration, logger: logger)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await journal.run() }
            let ended: Result<ReplayProgress, any Error>
            do {
                ended = .success(
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        group.addTask { await service.run() }
                        defer { group.cancelAll() }
                        return try await follow(service, begin)
                    })
            } catch {
                ended = .failure(error)
            }
            group.cancelAll()
            try await group.waitForAll()
            return try ended.get()
        }
    }

    // MARK: - Watching

    /// Begins the replay, shows how far it is, and stops it in order on Ctrl-C; a second one ends the command at once.
    private func follow(_ control: any ReplayControl, _ begin: Beginning) async throws -> ReplayProgress {
        // From before the beginning: a Ctrl-C between the worker's first message and its answer must stop the run too.
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        do throws(ReplayRefusal) {
            var progress = try await begin(control)
            show.show(progress)
            guard let run = progress.run else { return progress }
            let stopping = await withTaskGroup(of: Void.self) { group -> Result<ReplayProgress, ReplayRefusal> in
                group.addTask {
                    var firstAt: ContinuousClock.Instant?
                    for await _ in signals {
                        // Some programs send a signal to the process and to its group.
                        if let firstAt {
                            if ContinuousClock.now - firstAt < Self.sameSignal { continue }
                            Foundation.exit(ExitStatus.partlyDone.rawValue)
                        }
                        firstAt = .now
                        _ = try? await control.stop(run)
                    }
                }
                defer { group.cancelAll() }
                return await watch(control, run, &progress)
            }
            return try stopping.get()
        } catch {
            switch error {
            case .invalid: throw CommandFailure(error.description, status: .wrongUse)
            default: throw CommandFailure(error.description)
            }
        }
    }

    private func watch(
        _ control: any ReplayControl, _ run: ReplayRun.ID, _ progress: inout ReplayProgress
    ) async -> Result<ReplayProgress, ReplayRefusal> {
        do throws(ReplayRefusal) {
            while !progress.phase.isEnd {
                let news = try await control.progress(of: run, after: progress.version, within: .seconds(1))
                guard let news else { throw .notFound("the worker has forgotten replay \(run)") }
                if news.version != progress.version { show.show(news) }
                progress = news
                if !progress.phase.isEnd { try? await Task.sleep(for: Self.pause) }
            }
            return .success(progress)
        } catch {
            return .failure(error)
        }
    }
}
