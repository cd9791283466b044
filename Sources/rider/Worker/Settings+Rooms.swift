import Foundation
import RiderBus
import RiderConfiguration
import RiderHTTP
import RiderHistory
import RiderIngest
import RiderJournal
import RiderModel
import RiderProviders
import RiderPublisher
import RiderRecovery
import RiderReplay
import RiderRobot
import RiderWorker

/// Settings as each room takes them.
extension Settings {
    /// Names leases and survives a restart.
    var workerName: String {
        worker.name.isEmpty ? ProcessInfo.processInfo.hostName : worker.name
    }

    var workerConfiguration: WorkerConfiguration {
        var configuration = WorkerConfiguration()
        configuration.batchSize = worker.batchSize
        configuration.claimAhead = worker.claimAhead
        configuration.shutdownGrace = worker.shutdownGrace
        configuration.leaseDuration = queue.leaseDuration
        configuration.aging = queue.aging
        configuration.maxBodyBytes = journal.maxBodyBytes
        return configuration
    }

    var journalConfiguration: JournalConfiguration {
        var configuration = JournalConfiguration()
        configuration.commitRows = journal.commitRows
        configuration.commitBytes = journal.commitBytes
        configuration.commitInterval = journal.commitInterval
        configuration.maxWaitingRows = journal.maxWaitingRows
        configuration.maxWaitingBytes = journal.maxWaitingBytes
        configuration.maxBodyBytes = journal.maxBodyBytes
        configuration.retention = journal.retention
        configuration.metricsMessageRetention = metrics.messageRetention
        configuration.maxBytes = Int64(journal.maxBytes)
        configuration.walBytes = journal.walBytes
        configuration.deliveryFlushInterval = journal.deliveryFlush
        configuration.maxPendingRanges = journal.maxPendingRanges
        configuration.maxReplayRuns = journal.maxReplayRuns
        configuration.maxOutages = journal.maxOutages
        if (try? confirmationEndpoint) == nil {
            let wait = telemetry.heartbeatInterval + telemetry.heartbeatTimeout
            configuration.handOffSettles = wait + wait
        }
        return configuration
    }

    /// Where probes come back from the robot's broker and say how far it has read; nil when telemetry goes elsewhere.
    var confirmationEndpoint: Endpoint? {
        get throws {
            // Only what goes to the robot's own broker comes back through it.
            let robot = try robotAddress(port: robot.publishPort).map { try Endpoint(parsing: $0) }
            guard try Endpoint(parsing: telemetryEndpoint) == robot else { return nil }
            return try robotAddress(port: self.robot.subscribePort).map { try Endpoint(parsing: $0) }
        }
    }

    /// nil when no history is kept.
    var historyConfiguration: HistoryConfiguration? {
        guard metrics.sampleInterval > .zero else { return nil }
        var configuration = HistoryConfiguration()
        configuration.sampleInterval = metrics.sampleInterval
        configuration.rawRetention = metrics.rawRetention
        configuration.minuteRetention = metrics.minuteRetention
        configuration.hourRetention = metrics.hourRetention
        configuration.maxBytes = Int64(metrics.maxBytes)
        configuration.maxSeries = metrics.maxSeries
        return configuration
    }

    var replayConfiguration: ReplayConfiguration {
        var configuration = ReplayConfiguration()
        configuration.rate = replay.rate
        configuration.chunkRows = replay.chunkRows
        configuration.chunkBytes = replay.chunkBytes
        configuration.catchUp = .init(rawValue: telemetry.catchUp) ?? configuration.catchUp
        configuration.catchUpPerSecond = telemetry.catchUpPerSecond
        configuration.catchUpMaxAge = telemetry.catchUpMaxAge
        configuration.catchUpMaxRows = telemetry.catchUpMaxRows
        return configuration
    }

    /// - Parameter endpoint: another one than live telemetry goes to.
    func telemetryConfiguration(publisherID: String, endpoint other: Endpoint? = nil) throws -> TelemetryConfiguration {
        let live = try Endpoint(parsing: telemetryEndpoint)
        var settings = self
        if let other { settings.telemetry.endpoint = other.description }
        var configuration = TelemetryConfiguration(
            publisherID: publisherID, endpoint: other ?? live,
            confirmationEndpoint: try settings.confirmationEndpoint)
        configuration.outageMilliseconds = Int(telemetry.outage.wholeMilliseconds)
        configuration.legacyTopic = telemetry.legacyTopic
        configuration.maxMessageBytes = telemetry.maxMessageBytes
        configuration.sendHighWaterMark = telemetry.sendHighWaterMark
        configuration.bufferMessages = telemetry.bufferMessages
        configuration.bufferBytes = telemetry.bufferBytes
        configuration.heartbeatIntervalMilliseconds = Int(telemetry.heartbeatInterval.wholeMilliseconds)
        configuration.heartbeatTimeoutMilliseconds = Int(telemetry.heartbeatTimeout.wholeMilliseconds)
        configuration.deliveryFlushMilliseconds = Int(journal.deliveryFlush.wholeMilliseconds)
        configuration.settleMilliseconds = Int(telemetry.settle.wholeMilliseconds)
        configuration.probeIntervalMilliseconds = Int(telemetry.probeInterval.wholeMilliseconds)
        configuration.stopLingerMilliseconds = Int(telemetry.stopLinger.wholeMilliseconds)
        configuration.catchUpPerSecond = telemetry.catchUpPerSecond
        configuration.livePerSecond = telemetry.livePerSecond
        return configuration
    }

    /// nil when listeners cannot ask for what they missed.
    func recoveryConfiguration(publisherID: String) throws -> RecoveryConfiguration? {
        guard telemetry.isEnabled, !telemetry.recoveryEndpoint.isEmpty else { return nil }
        var configuration = RecoveryConfiguration(
            publisherID: publisherID, endpoint: try Endpoint(parsing: telemetry.recoveryEndpoint))
        configuration.maxMessageBytes = telemetry.maxMessageBytes
        configuration.maxListeners = telemetry.recoveryListeners
        configuration.idleMilliseconds = Int(telemetry.recoveryIdle.wholeMilliseconds)
        configuration.messagesPerAnswer = telemetry.recoveryAnswerMessages
        configuration.windowBytes = telemetry.recoveryWindowBytes
        configuration.heartbeatIntervalMilliseconds = Int(telemetry.heartbeatInterval.wholeMilliseconds)
        configuration.heartbeatTimeoutMilliseconds = Int(telemetry.heartbeatTimeout.wholeMilliseconds)
        return configuration
    }

    /// nil without a robot.
    var robotLinkConfiguration: RobotLinkConfiguration? {
        get throws {
            guard let address = robotAddress(port: robot.publishPort) else { return nil }
            var configuration = RobotLinkConfiguration(endpoint: try Endpoint(parsing: address))
            configuration.assumeMode = ProviderMode(rawValue: robot.assumeMode)
            configuration.obstacleHz = robot.obstacleHz
            configuration.maxAgeMilliseconds = Int(robot.maxAge.wholeMilliseconds)
            configuration.voiceMaxAgeMilliseconds = Int(robot.voiceMaxAge.wholeMilliseconds)
            configuration.sendHighWaterMark = robot.sendHighWaterMark
            configuration.heartbeatIntervalMilliseconds = Int(telemetry.heartbeatInterval.wholeMilliseconds)
            configuration.heartbeatTimeoutMilliseconds = Int(telemetry.heartbeatTimeout.wholeMilliseconds)
            return configuration
        }
    }

    /// nil without a robot.
    var robotContactConfiguration: RobotContactConfiguration? {
        robotURL.map { url in
            var configuration = RobotContactConfiguration(robotURL: url)
            // The robot, too, puts paths behind it.
            configuration.publicURL = http.publicBaseURL.trimmingSuffix("/")
            configuration.requestTimeout = robot.httpTimeout
            configuration.heartbeatInterval = robot.heartbeatInterval
            configuration.idleVoiceInterval = robot.idleVoiceInterval
            return configuration
        }
    }

    var ingestConfiguration: IngestConfiguration {
        var configuration = IngestConfiguration()
        configuration.maxMessageBytes = ingest.maxMessageBytes
        configuration.bufferSize = ingest.bufferSize
        configuration.framePriority = Priority(rawValue: vision.frame.priority) ?? configuration.framePriority
        configuration.frameBufferSize = vision.frame.frameBufferSize
        configuration.frameDeadline = vision.frame.deadline
        configuration.speechPriority = Priority(rawValue: voice.tts.priority) ?? configuration.speechPriority
        configuration.utterancePriority = Priority(rawValue: voice.asr.priority) ?? configuration.utterancePriority
        configuration.utteranceDeadline = voice.asr.deadline
        configuration.utterance.preRoll = voice.asr.utterance.preRoll
        configuration.utterance.hangover = voice.asr.utterance.hangover
        configuration.utterance.shortest = voice.asr.utterance.shortest
        configuration.utterance.longest = voice.asr.utterance.longest
        configuration.utterance.gap = voice.asr.utterance.gap
        configuration.utterance.thresholdDecibels = voice.asr.utterance.thresholdDecibels
        configuration.utterance.minimumDecibels = voice.asr.utterance.minimumDecibels
        configuration.utterance.maxSenders = voice.asr.utterance.maxSenders
        return configuration
    }

    /// - Parameter instance: names this process to itself.
    func httpConfiguration(instance: String) -> HTTPConfiguration {
        var configuration = HTTPConfiguration()
        configuration.instance = instance
        configuration.host = http.host
        configuration.port = http.port
        configuration.token = http.token
        configuration.maxBodyBytes = http.maxBodyBytes
        configuration.maxTasksPerRequest = http.maxTasksPerRequest
        configuration.maxConnections = http.maxConnections
        configuration.requestTimeout = http.requestTimeout
        configuration.allowedHosts = http.allowedHosts
        configuration.generateTimeout = http.generateTimeout
        configuration.maxConcurrentGenerations = max(1, text.maxConcurrentTasks)
        configuration.language = Language(tag: robot.language) ?? configuration.language
        return configuration
    }

    var breakerConfiguration: CircuitBreaker.Configuration {
        CircuitBreaker.Configuration(
            failureThreshold: breaker.failureThreshold, openDuration: breaker.openDuration,
            successThreshold: breaker.successThreshold)
    }

    /// Where the program's own engine scripts and files with the input of programs are.
    var engineFolder: String { dataDirectory + "/engines" }

    var textConfiguration: TextProviderConfiguration {
        var configuration = TextProviderConfiguration()
        configuration.enabled = text.isEnabled
        configuration.maxConcurrentTasks = text.maxConcurrentTasks
        configuration.timeout = text.timeout
        configuration.nlu.engines = text.nlu.engines.chosenConfigurations
        configuration.generate.engines = text.generate.engines.chosenConfigurations
        configuration.generate.maxTokens = text.generate.maxTokens
        configuration.generate.temperature = text.generate.temperature
        configuration.generate.topP = text.generate.topP
        configuration.generate.topK = text.generate.topK
        configuration.generate.systemPrompt = text.generate.systemPrompt
        configuration.generate.systemPrompts = text.generate.systemPrompts
        configuration.generate.cacheEnabled = text.generate.enableCache
        configuration.generate.cacheLifetime = text.generate.cacheLifetime
        configuration.generate.cacheMaxCount = text.generate.cacheMaxSize
        configuration.generate.cacheMaxBytes = text.generate.cacheMaxBytes
        return configuration
    }

    var voiceConfiguration: VoiceProviderConfiguration {
        var configuration = VoiceProviderConfiguration()
        configuration.enabled = voice.isEnabled
        configuration.maxConcurrentTasks = voice.maxConcurrentTasks
        configuration.timeout = voice.timeout
        configuration.tts.engines = voice.tts.engines.chosenConfigurations
        configuration.tts.sampleRate = voice.tts.sampleRate
        configuration.tts.maxAudioSeconds = voice.tts.maxAudioSeconds
        configuration.tts.cacheMaxBytes = voice.tts.cacheMaxBytes
        configuration.asr.engines = voice.asr.engines.chosenConfigurations
        configuration.asr.language = voice.asr.language
        configuration.asr.maxAudioSeconds = voice.asr.maxAudioSeconds
        return configuration
    }

    var visionConfiguration: VisionProviderConfiguration {
        var configuration = VisionProviderConfiguration()
        configuration.enabled = vision.isEnabled
        configuration.maxConcurrentTasks = vision.maxConcurrentTasks
        configuration.timeout = vision.timeout
        configuration.engines = vision.engines.chosenConfigurations
        configuration.confidenceThreshold = vision.confidenceThreshold
        configuration.maxDetections = vision.maxDetections
        configuration.obstacleClasses = vision.obstacleClasses
        configuration.fieldOfViewDegrees = vision.fieldOfViewDegrees
        configuration.avoidDistance = vision.avoidDistance
        return configuration
    }
}

extension String {
    fileprivate func trimmingSuffix(_ character: Character) -> String {
        var text = self[...]
        while text.last == character { text.removeLast() }
        return String(text)
    }
}
