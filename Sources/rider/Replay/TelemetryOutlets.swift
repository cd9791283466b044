import Logging
import Metrics
import RiderBus
import RiderConfiguration
import RiderPublisher
import RiderReplay

/// Sends replays where live telemetry goes, or opens a socket for one replay.
struct TelemetryOutlets: ReplayOutlets {
    /// At the end of a replay what is in the socket may still be sent for this long.
    private static let linger = 5000

    /// nil without a worker: every replay has a socket of its own.
    let live: TelemetryPublisher?
    let settings: Settings
    let publisherID: String
    let context: ZeroMQContext
    let logger: Logger

    func confirms(_ endpoint: String?) throws(ReplayRefusal) -> Bool {
        if let live, try isLive(endpoint) { return live.confirms }
        let configuration = try configuration(endpoint)
        return configuration.endpoint.role == .connect && configuration.confirmationEndpoint != nil
    }

    private func isLive(_ endpoint: String?) throws(ReplayRefusal) -> Bool {
        guard let endpoint else { return true }
        return try parsed(endpoint) == live?.configuration.endpoint
    }

    private func parsed(_ endpoint: String) throws(ReplayRefusal) -> Endpoint {
        do {
            return try Endpoint(parsing: endpoint)
        } catch {
            throw .invalid(error.description)
        }
    }

    private func configuration(_ endpoint: String?) throws(ReplayRefusal) -> TelemetryConfiguration {
        let other: Endpoint? = if let endpoint { try parsed(endpoint) } else { nil }
        do {
            var configuration = try settings.telemetryConfiguration(publisherID: publisherID, endpoint: other)
            configuration.stopLingerMilliseconds = max(configuration.stopLingerMilliseconds, Self.linger)
            return configuration
        } catch {
            throw .invalid("\(error)")
        }
    }

    func withOutlet(
        _ endpoint: String?, _ use: @escaping @Sendable (any ReplayOutlet) async throws -> ReplayEnding
    ) async throws -> ReplayEnding {
        if let live, try isLive(endpoint) { return try await use(live) }
        let publisher = TelemetryPublisher(
            configuration: try configuration(endpoint), context: context,
            environment: .init(readJournal: { _, _ in [] }, deliveries: { _ in }), logger: logger,
            factory: NOOPMetricsHandler.instance)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await publisher.run() }
            let ending: ReplayEnding
            do {
                ending = try await use(publisher)
            } catch is ReplayOutletClosed {
                // Why it has closed is the publisher's to tell.
                try await group.waitForAll()
                throw ReplayOutletClosed()
            }
            group.cancelAll()
            try await group.waitForAll()
            return ending
        }
    }
}
