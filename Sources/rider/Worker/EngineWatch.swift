import RiderModel
import RiderProviders
import Synchronization

/// Knows which engines work now, so that nobody who is asked has to ask them.
///
/// What breakers and processes say is known at once. Whether a server is there is only known by asking it, which is done now
/// and then, and whenever something else has changed.
final class EngineWatch: Sendable {
    private let providers: [any Provider]
    private let interval: Duration
    private let statuses = Mutex<[Domain: [EngineStatus]]>([:])
    private let onChange: @Sendable () -> Void

    /// - Parameters:
    ///   - interval: between two looks at an engine.
    ///   - onChange: called when an engine has come or gone.
    init(
        _ providers: [any Provider], interval: Duration = .seconds(5), onChange: @escaping @Sendable () -> Void
    ) {
        self.providers = providers
        self.interval = interval
        self.onChange = onChange
    }

    /// The engines of a domain as they are known now; empty before the first look.
    func engines(of domain: Domain) -> [EngineStatus] {
        statuses.withLock { $0[domain] ?? [] }
    }

    func isAvailable(_ type: TaskType) -> Bool {
        engines(of: type.domain).contains { $0.taskType == type && $0.worksNow }
    }

    /// Looks at the engines until cancelled. One that is slow to answer holds up its own domain only.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            for provider in providers {
                // A bell, not a mailbox: one look is enough for everything that has changed before it.
                let (looks, bell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
                group.addTask {
                    for await _ in provider.engineChanges {
                        self.take(nil, of: provider)
                        bell.yield()
                    }
                }
                group.addTask {
                    while !Task.isCancelled {
                        bell.yield()
                        try? await Task.sleep(for: self.wait(for: provider))
                    }
                }
                group.addTask {
                    for await _ in looks { self.take(await provider.engines(), of: provider) }
                }
            }
        }
    }

    /// Nothing rings when a breaker is about to let a trial through.
    private func wait(for provider: any Provider) -> Duration {
        let waits = provider.refreshed(engines(of: provider.domain)).compactMap(\.untilRetry)
        return min(interval, waits.filter { $0 > .zero }.min() ?? interval)
    }

    /// - Parameter seen: what a look has found; nil when nobody has looked again.
    private func take(_ seen: [EngineStatus]?, of provider: any Provider) {
        let hasChanged = statuses.withLock { statuses in
            let now = provider.refreshed(seen ?? statuses[provider.domain] ?? [])
            defer { statuses[provider.domain] = now }
            return statuses[provider.domain] != now
        }
        if hasChanged { onChange() }
    }
}
