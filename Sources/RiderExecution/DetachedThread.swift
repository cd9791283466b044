import CLinux
import Glibc

/// Plain threads, for loops that block in C calls.
public enum DetachedThread {
    /// Starts a thread that nobody joins. Signals stay with the main thread.
    static func start(name: String, _ body: @escaping @Sendable () -> Void) {
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
                var all = sigset_t()
                sigfillset(&all)
                pthread_sigmask(SIG_BLOCK, &all, nil)
                rider_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        precondition(code == 0, "no thread for \(name): \(String(cString: strerror(code)))")
        pthread_detach(thread)
    }

    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Runs a blocking loop on a thread of its own and returns when the loop has ended.
    ///
    /// - Parameters:
    ///   - stop: called once, from anywhere, when the surrounding task is cancelled; it must make `loop` return soon, for
    ///     example by setting a flag and ringing a ``Doorbell``.
    ///   - loop: the blocking work.
    public static func run<Success: Sendable>(
        name: String, stop: @escaping @Sendable () -> Void, loop: @escaping @Sendable () throws -> Success
    ) async throws -> Success {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                start(name: name) { continuation.resume(with: Result { try loop() }) }
            }
        } onCancel: {
            stop()
        }
    }
}
