import ServiceLifecycle

/// A part of the process that works until it is cancelled, as a service that a graceful shutdown ends too.
struct RunnerService: Service {
    let work: @Sendable () async throws -> Void

    init(_ work: @escaping @Sendable () async throws -> Void) {
        self.work = work
    }

    func run() async throws {
        try await cancelWhenGracefulShutdown {
            do {
                try await work()
            } catch is CancellationError where Task.isCancelled {
                // Told to end, and has ended.
            }
        }
    }
}
