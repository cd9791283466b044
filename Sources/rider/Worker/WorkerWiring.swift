import Logging
import RiderBus
import RiderConfiguration
import RiderHTTP
import RiderHistory
import RiderIngest
import RiderJournal
import RiderMetrics
import RiderModel
import RiderProviders
import RiderPublisher
import RiderQueue
import RiderRecovery
import RiderRedis
import RiderReplay
import RiderRobot
import RiderWorker
import ServiceLifecycle
import Synchronization

/// Makes every room of the service and puts them in the order of their dependence: what is listed first ends last.
struct WorkerWiring {
    private(set) var group: ServiceGroupConfiguration

    init(settings: Settings, registry: PrometheusRegistry, logger: Logger) async throws {
        let time = TimeSource.system
        let context = try ZeroMQContext()

        let queue = try await QueueOpener.open(settings, owner: settings.workerName)
        logger.notice(
            "queue is open", metadata: ["queue": "\(QueueOpener.place(settings))", "owner": "\(settings.workerName)"])
        let journal = try await Journal.open(
            directory: settings.dataDirectory, configuration: settings.journalConfiguration, who: "rider worker",
            logger: logger)
        logger.notice(
            "journal is open",
            metadata: ["directory": "\(settings.dataDirectory)", "publisher": "\(journal.publisherID)"])

        let outages = OutageRecorder(journal: journal, logger: logger)
        let catchUps = CatchUpRelay()
        let telemetry = try Self.makeTelemetry(
            settings, journal: journal, outages: outages, catchUps: catchUps, context: context, logger: logger)
        let replays = ReplayService(
            journal: journal,
            outlets: TelemetryOutlets(
                live: telemetry, settings: settings, publisherID: journal.publisherID, context: context,
                logger: logger), configuration: settings.replayConfiguration, logger: logger)
        catchUps.replays.withLock { $0 = replays }
        let robot = try settings.robotLinkConfiguration.map {
            RobotLink(configuration: $0, context: context, logger: logger)
        }
        let providers = try Self.makeProviders(settings, robot: robot, logger: logger)
        let order = TelemetryOrder(after: journal.lastSeqAtOpen) { records in
            if let telemetry {
                telemetry.submit(records)
            } else {
                journal.recordDelivery(records.map { .init(first: $0.seq, last: $0.seq, state: .notPublished) })
            }
        }
        let outlet = JournalOutlet(journal: journal, order: order)
        let publisher = ResultOutlet(order: order, robot: robot, time: time)
        let started = try StartedTasks(
            path: settings.dataDirectory + "/started", places: providers.reduce(0) { $0 + $1.maxConcurrentTasks })
        let worker = Worker(
            queue: queue, providers: providers, journal: outlet, publisher: publisher, started: started,
            configuration: settings.workerConfiguration, logger: logger)
        let direct = providers.first { $0.domain == .text && settings.text.isEnabled }.map {
            DirectWork(
                provider: $0, journal: outlet, publisher: publisher, maxBodyBytes: settings.journal.maxBodyBytes,
                logger: logger)
        }

        let gauges = QueueGauges(queue: queue, factory: registry)
        registry.addCollector(name: "queue") { await gauges.refresh() }
        if let telemetry { registry.addCollector(name: "telemetry") { telemetry.refreshMetrics() } }

        let robotSide = RobotSide(settings: settings, providers: providers, link: robot, logger: logger)
        var sources = HTTPSources(
            metrics: { await registry.exposition() },
            health: WorkerHealth(queue: queue, journal: outlet, telemetry: telemetry, robot: robot),
            capabilities: robotSide.capabilities,
            submit: { tasks throws(QueueError) in try await queue.enqueue(tasks) },
            queueStats: { () throws(QueueError) in try await queue.stats() })
        sources.replays = replays
        if let direct { sources.generate = { await direct.perform($0) } }
        if let contact = robotSide.contact { sources.robotHealth = { contact.health.json } }
        let server = HTTPServer(
            configuration: settings.httpConfiguration(instance: robotSide.instance), sources: sources,
            factory: registry, logger: logger,
            onListening: { address in
                WorkerAddress(address).write(in: settings.dataDirectory, logger: logger)
                robotSide.contact?.serverIsListening()
            })

        var services: [any Service] = [RunnerService { await registry.run() }]
        switch queue {
        case let queue as EmbeddedQueue: services.append(RunnerService { try await queue.run() })
        case let queue as RedisQueue: services.append(RunnerService { try await queue.run() })
        default: break
        }
        services.append(RunnerService { try await journal.run() })
        if let telemetry {
            services.append(RunnerService { await outages.run() })
            services.append(RunnerService { try await telemetry.run() })
            if let recovery = try Self.makeRecovery(
                settings, journal: journal, telemetry: telemetry, context: context, logger: logger)
            {
                services.append(RunnerService { try await recovery.run() })
            }
        }
        services.append(
            RunnerService {
                await replays.run()
                WorkerAddress.remove(in: settings.dataDirectory)
            })
        // After everything that has metrics to count, so that the last round has the final values.
        if let configuration = settings.historyConfiguration {
            let messages =
                telemetry != nil && settings.metrics.publishes
                ? MetricsOutlet(journal: journal, order: order)
                    .publisher(maxMessageBytes: settings.telemetry.maxMessageBytes) : nil
            let sampler = MetricSampler(
                directory: settings.dataDirectory, configuration: configuration, registry: registry,
                publisher: messages, logger: logger)
            services.append(RunnerService { await sampler.run() })
        }
        if let robot { services.append(RunnerService { try await robot.run() }) }
        services.append(contentsOf: providers.map { provider in RunnerService { try await provider.run() } })
        services.append(RunnerService { await Self.logEngines(of: providers, logger: logger) })
        services.append(RunnerService { await robotSide.engines.run() })
        services.append(worker)
        if let direct { services.append(RunnerService { await direct.run() }) }
        if let ingest = try Self.makeIngest(
            settings, queue: queue, robotSide: robotSide, context: context, logger: logger)
        {
            robotSide.ingest(ingest)
            services.append(RunnerService { try await ingest.run() })
        }
        services.append(server)
        if let contact = robotSide.contact { services.append(RunnerService { try await contact.run() }) }

        group = ServiceGroupConfiguration(
            services: services.map { .init(service: $0, successTerminationBehavior: .ignore) }, logger: logger)
    }

    private static func makeTelemetry(
        _ settings: Settings, journal: Journal, outages: OutageRecorder, catchUps: CatchUpRelay,
        context: ZeroMQContext, logger: Logger
    ) throws -> TelemetryPublisher? {
        guard settings.telemetry.isEnabled else {
            logger.notice("telemetry is off: results are journaled only")
            return nil
        }
        let configuration = try settings.telemetryConfiguration(publisherID: journal.publisherID)
        logger.notice("telemetry goes out", metadata: ["endpoint": "\(configuration.endpoint)"])
        if !configuration.endpoint.isLoopback, configuration.endpoint.role == .bind {
            logger.warning(
                "telemetry listens beyond this machine: whoever reaches the port can read results",
                metadata: ["endpoint": "\(configuration.endpoint)"])
        }
        return TelemetryPublisher(
            configuration: configuration, context: context,
            environment: .init(
                readJournal: { try await journal.rows(from: $0, limit: $1) },
                deliveries: { journal.recordDelivery($0) },
                linkChanged: { outages.note(.init($0)) },
                subscribersCame: { topics, seq in
                    catchUps.replays.withLock { $0 }?.subscribersCame(to: topics, through: seq)
                }, journaledBefore: journal.lastSeqAtOpen),
            logger: logger)
    }

    private static func makeRecovery(
        _ settings: Settings, journal: Journal, telemetry: TelemetryPublisher, context: ZeroMQContext, logger: Logger
    ) throws -> RecoveryServer? {
        guard let configuration = try settings.recoveryConfiguration(publisherID: journal.publisherID) else {
            return nil
        }
        logger.notice(
            "listeners may ask for what they missed", metadata: ["endpoint": "\(configuration.endpoint)"])
        if !configuration.endpoint.isLoopback {
            logger.warning(
                "gap recovery listens beyond this machine: whoever reaches the port can read all results",
                metadata: ["endpoint": "\(configuration.endpoint)"])
        }
        // Of its own, so that neither the publisher nor a replay waits for a listener's history.
        let reader = JournalReader(directory: journal.directory)
        return RecoveryServer(
            configuration: configuration, context: context,
            environment: .init(
                published: {
                    journal.lastNumbersAtOpen.merging(telemetry.publishedNumbers.last) { max($0, $1) }
                },
                page: {
                    try await journal.page(of: $0, numbers: $1, limit: $2, maxBytes: $3, with: reader)
                },
                rows: { try await reader.rows(of: $0, numbers: $1) },
                deliveries: { journal.recordDelivery($0) }),
            logger: logger)
    }

    private static func makeProviders(
        _ settings: Settings, robot: RobotLink?, logger: Logger
    ) throws -> [any Provider] {
        var environment = DomainProvider.Environment(logger: logger, engineFolder: settings.engineFolder)
        if let robot {
            environment.onSpeech = SpeechOutlet(robot: robot, time: .system).offer
        }
        return [
            try DomainProvider.text(
                settings.textConfiguration, breaker: settings.breakerConfiguration, environment: environment),
            try DomainProvider.voice(
                settings.voiceConfiguration, breaker: settings.breakerConfiguration, environment: environment),
            try DomainProvider.vision(
                settings.visionConfiguration, breaker: settings.breakerConfiguration, environment: environment),
        ]
    }

    private static func makeIngest(
        _ settings: Settings, queue: any TaskQueue, robotSide: RobotSide, context: ZeroMQContext, logger: Logger
    ) throws -> IngestService? {
        guard settings.ingest.isEnabled, let address = settings.robotAddress(port: settings.robot.subscribePort)
        else { return nil }
        let endpoint = try Endpoint(parsing: address)
        logger.notice("reading the robot's bus", metadata: ["endpoint": "\(endpoint)"])
        var subscriber = BusSubscriber(
            context: context, endpoint: endpoint, topics: IngestTopic.names,
            maxMessageBytes: settings.ingest.maxMessageBytes)
        subscriber.heartbeatInterval = Int(settings.telemetry.heartbeatInterval.wholeMilliseconds)
        subscriber.heartbeatTimeout = Int(settings.telemetry.heartbeatTimeout.wholeMilliseconds)
        return IngestService(
            configuration: settings.ingestConfiguration, source: subscriber, queue: queue, logger: logger
        ) { robotSide.take($0) }
    }

    private static func logEngines(of providers: [any Provider], logger: Logger) async {
        for provider in providers {
            for engine in await provider.engines() {
                let metadata: Logger.Metadata = [
                    "task_type": "\(engine.taskType.rawValue)", "engine": "\(engine.engine)",
                    "detail": "\(engine.detail)",
                ]
                if engine.available {
                    logger.notice("engine is ready", metadata: metadata)
                } else {
                    logger.warning(
                        "engine is not ready: while none is, such tasks are answered with fallback_required",
                        metadata: metadata)
                }
            }
        }
    }
}
