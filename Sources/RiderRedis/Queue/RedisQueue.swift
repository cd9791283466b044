import CoreMetrics
import Logging
import Metrics
import RiderModel
import RiderQueue
import Synchronization

/// The queue of many machines: a Redis 7.0 or newer that producers and workers share.
///
///     let queue = RedisQueue(redis: configuration, owner: "pc")
///     async let watching: Void = queue.run()
///     _ = try await queue.enqueue([NewTask(envelope)])
///     try await queue.waitForWork(in: [.text])
///     let claimed = try await queue.cycle(acknowledging: [], claiming: ClaimRequest(capacity: [.text: 4], limit: 4))
///
/// Each step is one script, which Redis runs as a whole; the scripts of `Scripts/` say what they read and write, `layout.lua` which
/// keys there are. Connections are made when they are first needed.
///
/// **What a power cut can take.** What Redis' own `appendfsync` lets it: a second's worth with `everysec`, nothing with `always`.
/// ``RiderQueue/NewTask/durable`` changes nothing here. ``health()`` says how the server is set.
///
/// **Answers that are lost.** When the connection breaks after a step was sent, nobody knows whether it was done. An enqueue call
/// then throws although its tasks may be in; to repeat it is safe, since ids are unique while a task is in the queue. A cycle leaves a
/// receipt, and the next cycle reads it first: acknowledgements that were carried out are not reported as lost when they are
/// repeated, and tasks that were claimed but never arrived go back at once, uncounted.
///
/// **Order.** A task keeps its position for life and every list is kept in order of position, so one that comes back is at the
/// head of its level, exactly where it was.
///
/// **Time** is the server's.
public final class RedisQueue: TaskQueue {
    /// Tasks in one script at most: Redis serves nobody else meanwhile.
    static let batch = 256
    /// Bytes of envelopes in one script at most, one envelope apart.
    static let batchBytes = 8 << 20

    let redis: RedisConfiguration
    let configuration: QueueConfiguration
    let owner: String
    let logger: Logger
    let metrics: QueueMetrics
    let pool: RedisPool
    let waiters: RedisWaiterPool
    let availability: RedisAvailability
    let state = Mutex(State())
    private let randomness: @Sendable () -> Double
    /// 1 when the server never evicts keys, 0 when it may evict the queue.
    let noeviction: Gauge

    struct State {
        var unsettled = UnsettledCycles()
        /// Numbers of receipts that are not in use.
        var freeReceipts: [Int] = []
        var receipts = 0
        /// What tells this queue's calls from those of an earlier process of the same name.
        let nonce = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        var calls = 0
        /// Old producers have left something.
        var hasLegacyElements = true
    }

    /// - Parameters:
    ///   - owner: names this worker's leases. Two workers of one queue must not share it while they run.
    ///   - randomness: a number from 0 to 1, for the wait before a retry and pauses between tries to connect.
    public convenience init(
        redis: RedisConfiguration, owner: String, configuration: QueueConfiguration = QueueConfiguration(),
        time: TimeSource = .system, randomness: @escaping @Sendable () -> Double = { Double.random(in: 0...1) },
        logger: Logger = Logger(label: "queue"), metrics: any MetricsFactory = MetricsSystem.factory
    ) {
        self.init(
            redis: redis, owner: owner, configuration: configuration, time: time, randomness: randomness,
            logger: logger, metrics: metrics, clock: RedisScript.serverClock)
    }

    /// - Parameter clock: the text of `clock.lua`, or of what takes its place.
    init(
        redis: RedisConfiguration, owner: String, configuration: QueueConfiguration, time: TimeSource,
        randomness: @escaping @Sendable () -> Double, logger: Logger, metrics: any MetricsFactory, clock: String
    ) {
        // The owner stands in a line of its own in the leases.
        let owner = String(owner.map { $0.isNewline ? "_" : $0 })
        let availability = RedisAvailability(
            address: redis.address, time: time, randomness: randomness, logger: logger, metrics: metrics)
        let name = "rider-" + String(owner.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
        let connect = { @Sendable () throws(RedisError) in
            try RedisSession(redis, name: name, clock: clock)
        }
        self.redis = redis
        self.configuration = configuration
        self.owner = owner
        self.logger = logger
        self.metrics = QueueMetrics(factory: metrics)
        self.randomness = randomness
        self.availability = availability
        noeviction = Gauge(label: "task_queue_redis_noeviction", factory: metrics)
        pool = RedisPool(limit: redis.poolSize) { RedisConnection(availability, connect: connect) }
        waiters = RedisWaiterPool { RedisWaiter(redis, availability, connect: connect) }
    }

    /// Looks at the server's settings now and then and warns of those that endanger the queue; returns when the task is cancelled.
    public func run() async throws {
        var warned: String?
        while true {
            if let health = try? await health() {
                let warning = health.warnings.joined(separator: "; ")
                if warning != warned ?? "" {
                    if warning.isEmpty {
                        logger.notice("Redis is set as a queue needs it")
                    } else {
                        logger.warning("Redis may lose tasks: \(warning)", metadata: ["redis": "\(redis.address)"])
                    }
                }
                warned = warning
            }
            try await Task.sleep(for: .seconds(60))
        }
    }

    // MARK: - Scripts

    /// The keys that scripts about waiting tasks are given.
    var keysWithLegacyLists: [String] {
        [redis.root] + (redis.legacyLists ? RedisConfiguration.legacyListNames : [])
    }

    func command(_ script: RedisScript) -> RedisCommand {
        RedisCommand(script, keys: [redis.root])
    }

    func key(_ name: String) -> String { "\(redis.root):\(name)" }

    /// Sends one command.
    ///
    /// - Parameter attempt: for the error, such as "claim from".
    @discardableResult
    func perform(
        _ command: RedisCommand, _ attempt: String, within limit: Duration? = nil
    ) async throws(QueueError) -> RedisReply {
        try await perform([command], attempt, within: limit)[0]
    }

    /// Sends commands in one go; the first error among the answers is thrown.
    func perform(
        _ commands: [RedisCommand], _ attempt: String, within limit: Duration? = nil
    ) async throws(QueueError) -> [RedisReply] {
        do throws(RedisError) {
            let replies = try await pool.perform(commands, within: limit)
            for case .error(let text) in replies { throw RedisError(.refused, text) }
            return replies
        } catch {
            throw queueError(error, attempt)
        }
    }

    func queueError(_ error: RedisError, _ attempt: String) -> QueueError {
        QueueError(error, whileTrying: attempt, at: redis.address)
    }

    func retryDelay(attempt: Int) -> Duration {
        configuration.retryDelay(attempt: attempt, fraction: randomness())
    }

    func record(died: Int, dropped: Int) {
        guard died > 0 || dropped > 0 else { return }
        metrics.dead.increment(by: died)
        metrics.deadDropped.increment(by: dropped)
        logger.debug(
            "tasks became dead letters", metadata: ["tasks": "\(died)", "oldest letters dropped": "\(dropped)"])
    }
}

extension RedisCommand {
    mutating func append(_ leases: some Collection<ClaimedTask.Lease>) {
        for lease in leases {
            append(lease.position)
            append(lease.attempt)
        }
    }
}

extension RedisReply {
    /// Position, attempt, position, attempt, …
    var leases: [ClaimedTask.Lease] {
        let numbers = array.compactMap(\.integer)
        return stride(from: 0, to: numbers.count - 1, by: 2).map {
            ClaimedTask.Lease(position: numbers[$0], attempt: Int(numbers[$0 + 1]))
        }
    }

    /// The number at a place of an array; 0 when there is none.
    func count(_ index: Int) -> Int {
        let elements = array
        return index < elements.count ? Int(elements[index].integer ?? 0) : 0
    }
}

extension Array {
    /// Pieces of this many elements; the last one may be shorter.
    func pieces(of size: Int) -> [ArraySlice<Element>] {
        stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    }
}
