import RiderJournal
import RiderBus
import RiderExecution
import RiderReplay

extension TelemetryPublisher: ReplayOutlet {
    public var confirms: Bool {
        configuration.endpoint.role == .connect && configuration.confirmationEndpoint != nil
    }

    /// Sends a replay on the same socket as live messages, which go first. Several are sent one after the other.
    public func send(_ job: ReplayJob) async throws -> ReplayEnding {
        let feed = ReplayFeed(job)
        guard replays.offer(feed) else { throw ReplayOutletClosed() }
        doorbell.ring()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await request in feed.requests {
                    let records: Result<[JournalRecord], any Error>
                    do {
                        records = .success(try await job.rows(request.after))
                    } catch {
                        records = .failure(error)
                    }
                    feed.fill(records, for: request)
                    self.doorbell.ring()
                }
            }
            defer { group.cancelAll() }
            return try await withTaskCancellationHandler {
                try await feed.ending()
            } onCancel: {
                feed.stop()
                doorbell.ring()
            }
        }
    }
}
