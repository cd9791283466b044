import ServiceLifecycle

/// A part of the process that works until it is cancelled, as a service that a graceful shutdown ends too.
///
/// Work that is done earlier leaves the service running: one that ends by itself while a group shuts down would count as a failure of
/// the group.
struct RunnerService: Service {
    let work: @Sendable () async throws -> Void

    init(_ work: @escaping @Sendable () async throws -> Void) {
        self.work = work
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await work()
                try await gracefulShutdown()
            } catch is CancellationError where Task.isCancelled {
                // Told to end, and has ended.
            }
        }
    }
}
