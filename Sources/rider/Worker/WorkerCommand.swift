import ArgumentParser
import Foundation
import Logging
import Metrics
import NIOCore
import RiderConfiguration
import RiderMetrics
import ServiceLifecycle
import UnixSignals

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Runs the service: takes robot work in, works, journals, publishes.",
        discussion: """
            Without any configuration it keeps queue and journal below data/, publishes telemetry to listeners on \
            127.0.0.1:5557 and serves HTTP on 127.0.0.1:8000. With robot.host (RIDER_PI_HOST) set it joins that robot's broker.

            SIGTERM and Ctrl-C stop it in order: running tasks may finish within worker.shutdown_grace_seconds, the rest goes \
            back to the queue. A second signal ends it at once; nothing is lost then either, but tasks run twice.

            Examples:
              rider worker
              RIDER_PI_HOST=192.168.1.50 rider worker
              rider worker --config /etc/rider --log-level debug
              rider worker --set http.port=9000 --data-dir /var/lib/rider

            Ends with 0 after a signal and with 1 when a part cannot do its work.
            """)

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let settings = try global.load()
        let level = Logger.Level(rawValue: settings.logLevel) ?? .info
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let registry = PrometheusRegistry()
        MetricsSystem.bootstrap(registry)
        let logger = Logger(label: "rider")
        // One thread moves the bytes of HTTP; one per core would do nothing but keep memory.
        NIOSingletons.groupLoopCountSuggestion = 1

        // From here on a signal ends the worker in order, however early it comes.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let wiring = try await WorkerWiring(settings: settings, registry: registry, logger: logger)
        let group = ServiceGroup(configuration: wiring.group)
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            tasks.addTask {
                do {
                    try await group.run()
                } catch let error as ServiceGroupError where error.errorCode == .alreadyFinished {
                    // Told to stop before anything had started.
                }
                return true
            }
            tasks.addTask {
                var isStopping = false
                for await signal in signals {
                    if isStopping {
                        logger.warning("second signal: ending at once", metadata: ["signal": "\(signal)"])
                        Foundation.exit(ExitStatus.failed.rawValue)
                    }
                    isStopping = true
                    logger.notice("stopping", metadata: ["signal": "\(signal)"])
                    await group.triggerGracefulShutdown()
                }
                return false
            }
            while let groupEnded = try await tasks.next() {
                if groupEnded { tasks.cancelAll() }
            }
        }
        logger.notice("stopped")
    }
}
