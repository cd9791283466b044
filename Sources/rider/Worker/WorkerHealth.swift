import RiderHTTP
import RiderPublisher
import RiderQueue

/// What `/health/ready` says. A link that is down is told but does not make the worker unready: results wait in the journal.
struct WorkerHealth: HealthSource {
    let queue: any TaskQueue
    let journal: JournalOutlet
    let telemetry: TelemetryPublisher?
    let robot: RobotLink?

    func checks() async -> [HealthCheck] {
        var checks: [HealthCheck] = []
        do {
            let stats = try await queue.stats()
            checks.append(.init(name: "queue", isReady: true, detail: "\(stats.totalWaiting) waiting"))
        } catch {
            checks.append(.init(name: "queue", isReady: false, detail: error.message))
        }
        checks.append(.init(name: "journal", isReady: journal.lastFailure == nil, detail: journal.lastFailure))
        if let telemetry { checks.append(link("telemetry", isUp: telemetry.isLinkUp)) }
        if let robot { checks.append(link("robot", isUp: robot.isLinkUp)) }
        return checks
    }

    private func link(_ name: String, isUp: Bool) -> HealthCheck {
        .init(name: name, isReady: true, detail: isUp ? "link up" : "link down")
    }
}
