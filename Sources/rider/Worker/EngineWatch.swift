import RiderModel
import RiderProviders
import Synchronization

/// Knows which engines work now, so that nobody who is asked has to ask them.
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

    /// The engines of a domain as they were seen last; empty before the first look.
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
                group.addTask { await self.watch(provider) }
            }
        }
    }

    private func watch(_ provider: any Provider) async {
        while !Task.isCancelled {
            let seen = await provider.engines()
            let hasChanged = statuses.withLock { statuses in
                defer { statuses[provider.domain] = seen }
                return statuses[provider.domain] != seen
            }
            if hasChanged { onChange() }
            try? await Task.sleep(for: interval)
        }
    }
}
