import Logging
import Metrics
import RiderModel
import RiderQueue
import Synchronization

/// Reads the robot's bus and puts its work into the queue.
///
/// The bus is never kept waiting: its thread translates a message and puts it into a bounded buffer. A bad message is
/// counted and never ends anything; a bad request for speech is kept among the queue's dead letters as well, while a bad
/// frame is worth nothing a moment later.
public final class IngestService: Sendable {
    private struct State {
        var translator: IngestTranslator
        var desk: UtteranceDesk
        var buffer: IngestBuffer
    }

    private let configuration: IngestConfiguration
    private let source: any BusSource
    private let queue: any TaskQueue
    private let onEvent: @Sendable (RobotEvent) async -> Void
    private let time: TimeSource
    private let sleep: @Sendable (Duration) async throws -> Void
    private let logger: Logger
    private let metrics: IngestMetrics
    private let state: Mutex<State>

    /// - Parameters:
    ///   - source: subscribed to ``IngestTopic/names``.
    ///   - sleep: waits before the queue is tried again.
    ///   - onEvent: gets the robot's modes and the state of the link, the newest of each, one at a time. They do not wait
    ///     for the queue.
    public init(
        configuration: IngestConfiguration, source: any BusSource, queue: any TaskQueue,
        translator: IngestTranslator? = nil, time: TimeSource = .system,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) },
        logger: Logger, factory: any MetricsFactory = MetricsSystem.factory,
        onEvent: @escaping @Sendable (RobotEvent) async -> Void
    ) {
        self.configuration = configuration
        self.source = source
        self.queue = queue
        self.onEvent = onEvent
        self.time = time
        self.sleep = sleep
        self.logger = logger
        metrics = IngestMetrics(factory: factory)
        state = Mutex(
            State(
                translator: translator ?? IngestTranslator(configuration: configuration),
                desk: UtteranceDesk(configuration.utterance),
                buffer: IngestBuffer(capacity: configuration.bufferSize)))
    }

    /// What the robot follows from now on, as its HTTP interface tells; it goes along with every frame.
    public func update(tracking: TrackingState?) {
        state.withLock { $0.translator.trackingState = tracking }
    }

    /// Works until the surrounding task is cancelled; requests for speech that have been received by then are queued first.
    ///
    /// - Throws: what the source throws when it cannot start.
    public func run() async throws {
        // Bells, not mailboxes: one ring is enough for everything that waits.
        let (work, workBell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let (news, newsBell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let (voice, voiceBell) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let outcome: Result<Void, any Error>
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { [self] in
                    defer {
                        workBell.finish()
                        newsBell.finish()
                        voiceBell.finish()
                    }
                    try await source.run(
                        onMessage: { [self] frames in
                            switch receive(frames) {
                            case .work: workBell.yield()
                            case .news: newsBell.yield()
                            case .speech: voiceBell.yield()
                            case .nothing: break
                            }
                        },
                        onLink: { [self] isUp in
                            linkChanged(isUp: isUp)
                            newsBell.yield()
                        },
                        onRefused: { [self] bytes in refused(bytes: bytes) })
                }
                group.addTask { [self] in
                    for await _ in news { await deliverEvents() }
                }
                group.addTask { [self] in
                    for await _ in voice { if await endUtterances() { workBell.yield() } }
                }
                group.addTask { [self] in
                    for await _ in work { await workOff() }
                }
                try await group.waitForAll()
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        metrics.setLink(isUp: false)
        await deliverEvents()
        if await !enqueueWaiting() { abandonWaiting() }
        try outcome.get()
    }

    // MARK: - On the bus's thread

    private enum Bell {
        case work
        case news
        /// Somebody is speaking: look after the time.
        case speech
        case nothing
    }

    private func receive(_ frames: [[UInt8]]) -> Bell {
        let receipt = Receipt(time)
        let message: BusMessage
        do throws(BusRefusal) {
            message = try BusMessage(frames: frames, topics: IngestTopic.nameSet)
        } catch {
            let topic = error.topic.flatMap(IngestTopic.init(rawValue:))
            return refuse(topic, error.code, error.description, body: error.body)
        }
        let topic = IngestTopic(rawValue: message.topic)
        guard let topic else { return refuse(nil, "unknown_topic", "", body: nil) }

        switch state.withLock({ $0.translator.translate(message, receipt: receipt) }) {
        case .task(let task): return append(topic, topic == .frame ? .frame(task) : .task(task))
        case .mode(let state): return note(topic, .mode(state))
        case .aiMode(let mode): return note(topic, .aiMode(mode))
        case .voiceChunk(let chunk):
            metrics.count(topic, IngestMetrics.Outcome.heard)
            let now = time.monotonicNanoseconds()
            return take(state.withLock { $0.desk.take(chunk, at: now) })
        case .refused(let refusal): return refuse(topic, refusal.code, refusal.description, body: message.body)
        }
    }

    private func refuse(_ topic: IngestTopic?, _ code: String, _ reason: String, body: ArraySlice<UInt8>?) -> Bell {
        metrics.count(topic, code)
        logger.debug(
            "message refused",
            metadata: ["topic": "\(topic?.rawValue ?? "other")", "code": "\(code)", "reason": "\(reason)"])
        if let domain = topic?.stateDomain {
            state.withLock { $0.buffer.note(.unreadableMode(domain, reason: code)) }
            return .news
        }
        guard topic == .speech, let body else { return .nothing }
        return append(.speech, .burial(Array(body), reason: "\(IngestTopic.speech.rawValue): \(reason)"))
    }

    /// Makes tasks of what was said.
    ///
    /// - Returns: `work` when there are any, `speech` when somebody is still speaking.
    private func take(_ outcomes: [UtteranceDesk.Outcome]) -> Bell {
        var bell = state.withLock(\.desk.wakeTime) == nil ? Bell.nothing : .speech
        for outcome in outcomes {
            switch outcome {
            case .tooShort: metrics.count(.voiceChunk, IngestMetrics.Outcome.tooShort)
            case .utterance(let utterance):
                do throws(IngestRefusal) {
                    let task = try state.withLock { state throws(IngestRefusal) in
                        try state.translator.task(for: utterance, clockRun: time.clockRun)
                    }
                    bell = append(.voiceChunk, .utterance(task))
                } catch {
                    _ = refuse(.voiceChunk, error.code, error.description, body: nil)
                }
            }
        }
        return bell
    }

    private func append(_ topic: IngestTopic, _ content: IngestBuffer.Content) -> Bell {
        let item = IngestBuffer.Item(topic: topic, content: content, receivedAt: time.monotonicNanoseconds())
        if let dropped = state.withLock({ $0.buffer.append(item) }) {
            // What was to be buried has been counted when it was refused.
            if !dropped.isBurial { metrics.count(dropped.topic, IngestMetrics.Outcome.bufferFull) }
            if !dropped.isFrame {
                logger.warning(
                    "a message was dropped: the buffer is full", metadata: ["topic": "\(dropped.topic.rawValue)"])
            }
        }
        return .work
    }

    private func note(_ topic: IngestTopic, _ event: RobotEvent) -> Bell {
        state.withLock { $0.buffer.note(event) }
        metrics.count(topic, IngestMetrics.Outcome.accepted)
        return .news
    }

    private func linkChanged(isUp: Bool) {
        metrics.setLink(isUp: isUp)
        state.withLock { $0.buffer.note(.link(isUp: isUp)) }
        logger.info("robot bus \(isUp ? "connected" : "lost")")
    }

    private func refused(bytes: Int) {
        metrics.count(nil, IngestMetrics.Outcome.tooLarge)
        logger.debug("message refused: too large", metadata: ["bytes": "\(bytes)"])
    }

    // MARK: - On the way into the queue

    private func deliverEvents() async {
        for event in state.withLock({ $0.buffer.takeEvents() }) { await onEvent(event) }
    }

    /// Ends the utterances of senders that have stopped, until nobody is speaking.
    ///
    /// - Returns: whether there are new tasks.
    private func endUtterances() async -> Bool {
        var hasWork = false
        while let wakeTime = state.withLock(\.desk.wakeTime) {
            let now = time.monotonicNanoseconds()
            if wakeTime > now {
                if hasWork { return true }
                do {
                    try await sleep(.nanoseconds(Int64(clamping: wakeTime - now)))
                } catch {
                    return hasWork
                }
            }
            let outcomes = state.withLock { $0.desk.tick(at: time.monotonicNanoseconds()) }
            if case .work = take(outcomes) { hasWork = true }
        }
        return hasWork
    }

    /// Empties the buffer, and goes on trying while the queue is away.
    private func workOff() async {
        var wait = configuration.retryBase
        while await !enqueueWaiting() {
            do {
                try await sleep(wait)
            } catch {
                return
            }
            wait = min(wait * 2, configuration.retryMaximum)
        }
    }

    /// Tries once to hand over all that waits.
    ///
    /// - Returns: false when the queue was away and something has to be tried again.
    private func enqueueWaiting() async -> Bool {
        let items = state.withLock { $0.buffer.take() }
        let now = time.monotonicNanoseconds()
        func isOlder(_ item: IngestBuffer.Item, than limit: Duration) -> Bool {
            now > item.receivedAt && now - item.receivedAt > UInt64(clamping: limit.wholeMilliseconds) * 1_000_000
        }
        var tasks: [(item: IngestBuffer.Item, task: NewTask)] = []
        var unfinished: [IngestBuffer.Item] = []
        for item in items {
            switch item.content {
            case .frame where isOlder(item, than: configuration.maxFrameDelay),
                .utterance where isOlder(item, than: configuration.utteranceDeadline):
                metrics.count(item.topic, IngestMetrics.Outcome.late)
            case .frame(let task), .task(let task), .utterance(let task): tasks.append((item, task))
            case .burial(let bytes, let reason):
                if await !bury(bytes, reason: reason) { unfinished.append(item) }
            }
        }
        if !tasks.isEmpty, await !enqueue(tasks) {
            for (item, _) in tasks where item.isFrame {
                metrics.count(item.topic, IngestMetrics.Outcome.queueUnavailable)
            }
            unfinished += tasks.map(\.item).filter { !$0.isFrame }
        }
        state.withLock { $0.buffer.settle(returning: unfinished) }
        return unfinished.isEmpty
    }

    private func enqueue(_ tasks: [(item: IngestBuffer.Item, task: NewTask)]) async -> Bool {
        do throws(QueueError) {
            let outcomes = try await queue.enqueue(tasks.map(\.task))
            for ((item, task), outcome) in zip(tasks, outcomes) { count(item, task, outcome) }
            return true
        } catch {
            logger.warning("robot messages could not be queued", metadata: ["error": "\(error)"])
            return false
        }
    }

    private func count(_ item: IngestBuffer.Item, _ task: NewTask, _ outcome: EnqueueOutcome) {
        let name: String
        switch outcome {
        case .queued: name = IngestMetrics.Outcome.accepted
        case .duplicate: name = IngestMetrics.Outcome.duplicate
        case .full: name = IngestMetrics.Outcome.queueFull
        case .tooLarge: name = IngestMetrics.Outcome.tooLarge
        }
        metrics.count(item.topic, name)
        if outcome != .queued, !item.isFrame {
            logger.warning(
                "a robot message was not queued", metadata: ["task": "\(task.envelope.id)", "why": "\(name)"])
        }
    }

    private func bury(_ bytes: [UInt8], reason: String) async -> Bool {
        do throws(QueueError) {
            try await queue.bury(bytes, reason: reason)
            return true
        } catch {
            logger.warning("a bad message could not be kept for inspection", metadata: ["error": "\(error)"])
            return false
        }
    }

    /// The last attempt has failed, and there is nobody left to try again.
    private func abandonWaiting() {
        for item in state.withLock({ $0.buffer.take() }) {
            if !item.isBurial { metrics.count(item.topic, IngestMetrics.Outcome.queueUnavailable) }
            logger.error("a robot message was lost: the queue is away", metadata: ["topic": "\(item.topic.rawValue)"])
        }
    }
}
