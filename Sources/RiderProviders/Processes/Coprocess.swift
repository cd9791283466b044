import Glibc
import Logging
import RiderExecution
import RiderModel
import Synchronization

/// A long-lived engine process that answers one JSON message with another, one request at a time. Each message is a line, or
/// stands behind its length in four bytes, the highest first.
///
/// Its first message is `{"ready":true,…}` or `{"ready":false,"error":…}`. Requests carry an `id` that the answer repeats.
/// A process whose first message says `"ping":true` is asked `{"id":…,"ping":true}` while it has nothing to do, and answers
/// with the `id` alone. When it dies, hangs, or says what it should not, the request in flight fails and it is started again, each time in a
/// row after a longer wait.
final class Coprocess: Sendable {
    struct Configuration: Sendable {
        /// In logs and errors.
        var name: String
        /// Program and arguments.
        var command: [String]
        var limits = CoprocessMachine.Limits()
        /// Whether messages stand behind their length instead of on lines.
        var isFramed = false
        /// A longer message on its standard output ends the process.
        var maximumLineBytes = 1 << 20
        /// A longer line on its standard error is cut.
        var maximumLogLineBytes = 512
    }

    /// No request has it.
    fileprivate static let pingID = 0

    /// Why a request has no answer.
    struct Failure: Error, Hashable, CustomStringConvertible {
        let description: String
    }

    /// The time of a request was up before the process had time for it.
    struct Late: Error, Hashable {}

    /// The process's own words about itself.
    enum Readiness: Sendable, Hashable {
        case unknown
        case ready(JSONValue)
        case down(String)
    }

    fileprivate enum Command {
        case submit(Int, [UInt8], notAfter: UInt64)
        case cancel(Int)
    }

    fileprivate struct Shared {
        var commands: [Command] = []
        var isStopping = false
        var hasEnded = false
        var readiness = Readiness.unknown
        var lastID = 0
        var waiting: [Int: CheckedContinuation<JSONValue, any Error>] = [:]
        /// Cancelled before their continuation was there.
        var cancelled: Set<Int> = []
    }

    fileprivate let configuration: Configuration
    fileprivate let logger: Logger
    fileprivate let time: TimeSource
    /// Called when ``readiness`` has changed; it returns at once.
    private let onChange: @Sendable () -> Void
    fileprivate let bell = Doorbell()
    fileprivate let shared = Mutex(Shared())

    init(
        _ configuration: Configuration, logger: Logger, time: TimeSource,
        onChange: @escaping @Sendable () -> Void = {}
    ) {
        self.configuration = configuration
        self.time = time
        self.onChange = onChange
        var logger = logger
        logger[metadataKey: "engine"] = "\(configuration.name)"
        self.logger = logger
    }

    var readiness: Readiness { shared.withLock(\.readiness) }

    fileprivate func show(_ readiness: Readiness) {
        shared.withLock { $0.readiness = readiness }
        onChange()
    }

    /// Requests without an answer.
    var load: Int { shared.withLock(\.waiting.count) }

    /// Keeps the process alive until cancelled.
    func run() async throws {
        try await DetachedThread.run(name: "coprocess") {
            self.shared.withLock { $0.isStopping = true }
            self.bell.ring()
        } loop: {
            var loop = CoprocessLoop(owner: self)
            loop.run()
        }
        try Task.checkCancellation()
    }

    /// Asks the process.
    ///
    /// - Parameters:
    ///   - notAfter: the process does not get to see the request after this time, in monotonic nanoseconds; nil waits.
    ///   - body: writes the members of the request besides `id`.
    /// - Throws: ``Failure``, ``Late``, or `CancellationError`: then a request in flight costs the process its life.
    func request(notAfter: UInt64? = nil, _ body: (inout JSONWriter) -> Void) async throws -> JSONValue {
        let id = shared.withLock { shared in
            shared.lastID += 1
            return shared.lastID
        }
        var writer = JSONWriter(capacity: 1024)
        writer.object { writer in
            writer.key("id")
            writer.integer(id)
            body(&writer)
        }
        let line = Self.message(writer.bytes, isFramed: configuration.isFramed)
        // A cancellation that comes together with the answer leaves its note behind.
        defer { shared.withLock { _ = $0.cancelled.remove(id) } }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let refusal: (any Error)? = shared.withLock { shared in
                    if shared.cancelled.contains(id) { return CancellationError() }
                    if shared.hasEnded { return Failure(description: "\(configuration.name) was stopped") }
                    shared.waiting[id] = continuation
                    shared.commands.append(.submit(id, line, notAfter: notAfter ?? .max))
                    return nil
                }
                if let refusal { continuation.resume(throwing: refusal) } else { bell.ring() }
            }
        } onCancel: {
            let continuation = shared.withLock { shared -> CheckedContinuation<JSONValue, any Error>? in
                guard let continuation = shared.waiting.removeValue(forKey: id) else {
                    shared.cancelled.insert(id)
                    return nil
                }
                shared.commands.append(.cancel(id))
                return continuation
            }
            continuation?.resume(throwing: CancellationError())
            bell.ring()
        }
    }

    fileprivate static func message(_ json: [UInt8], isFramed: Bool) -> [UInt8] {
        if isFramed {
            let count = UInt32(truncatingIfNeeded: json.count)
            return [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) } + json
        }
        // Line breaks in JSON are white space between tokens, never part of a value.
        return json.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 } + [0x0A]
    }

    fileprivate func finish(_ id: Int, _ result: Result<JSONValue, any Error>) {
        shared.withLock { $0.waiting.removeValue(forKey: id) }?.resume(with: result)
    }
}

/// The blocking side: one thread, one child at a time.
private struct CoprocessLoop: ~Copyable {
    private let owner: Coprocess
    private let configuration: Coprocess.Configuration
    private let logger: Logger
    private var machine: CoprocessMachine
    private var child: ChildProcess?
    /// Requests that have not been sent.
    private var unsentRequests: [Int: (line: [UInt8], notAfter: UInt64)] = [:]
    private var unsent: ArraySlice<UInt8> = []
    private var errorsAreClosed = false
    private var answers: MessageSplitter
    private var remarks: LineSplitter
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536, alignment: 16)

    init(owner: Coprocess) {
        self.owner = owner
        configuration = owner.configuration
        logger = owner.logger
        machine = CoprocessMachine(owner.configuration.limits)
        answers = MessageSplitter(isFramed: configuration.isFramed, limit: configuration.maximumLineBytes)
        remarks = LineSplitter(limit: configuration.maximumLogLineBytes, overflow: .cut)
    }

    deinit {
        buffer.deallocate()
    }

    private var now: UInt64 { owner.time.monotonicNanoseconds() }

    mutating func run() {
        perform(machine.start(at: now))
        while takeCommands() {
            waitForSomething()
            perform(machine.tick(at: now))
            expireLateRequests()
        }
        perform(machine.stop())
        _ = child.take()?.reap()
        let rest = owner.shared.withLock { shared in
            shared.hasEnded = true
            shared.readiness = .down("stopped")
            shared.commands = []
            shared.cancelled = []
            let rest = shared.waiting
            shared.waiting = [:]
            return rest
        }
        for continuation in rest.values {
            continuation.resume(throwing: Coprocess.Failure(description: "\(configuration.name) was stopped"))
        }
    }

    // MARK: - Waiting

    private mutating func waitForSomething() {
        var polled = [pollfd(fd: owner.bell.descriptor, events: Int16(POLLIN), revents: 0)]
        if let output = child?.output, let errors = child?.errors, let input = child?.input {
            polled.append(pollfd(fd: output, events: Int16(POLLIN), revents: 0))
            // `poll` skips negative descriptors.
            polled.append(pollfd(fd: errorsAreClosed ? -1 : errors, events: Int16(POLLIN), revents: 0))
            polled.append(pollfd(fd: unsent.isEmpty ? -1 : input, events: Int16(POLLOUT), revents: 0))
        }
        var timeout: Int32 = -1
        let wakeTimes = [machine.wakeTime, unsentRequests.values.map(\.notAfter).min()]
        if let wakeTime = wakeTimes.compactMap(\.self).min(), wakeTime < .max {
            let left = wakeTime > now ? (wakeTime - now) / 1_000_000 + 1 : 0
            timeout = Int32(clamping: left)
        }
        guard poll(&polled, nfds_t(polled.count), timeout) > 0 else { return }
        if polled[0].revents != 0 { owner.bell.answer() }
        guard polled.count == 4 else { return }
        if polled[3].revents != 0 { write() }
        if polled[2].revents != 0 { readRemarks() }
        if polled[1].revents != 0 { readAnswers() }
    }

    /// - Returns: false when everything is to end.
    private mutating func takeCommands() -> Bool {
        let (commands, isStopping) = owner.shared.withLock { shared in
            let commands = shared.commands
            shared.commands.removeAll(keepingCapacity: true)
            return (commands, shared.isStopping)
        }
        for command in commands {
            switch command {
            case .submit(let id, let line, let notAfter):
                unsentRequests[id] = (line, notAfter)
                perform(machine.submit(id))
            case .cancel(let id):
                unsentRequests[id] = nil
                perform(machine.cancel(id))
            }
        }
        return !isStopping
    }

    // MARK: - Actions

    private mutating func perform(_ actions: [CoprocessMachine.Action]) {
        for action in actions {
            switch action {
            case .spawn: spawn()
            case .kill: child?.kill()
            case .ping:
                unsent =
                    Coprocess.message(
                        JSONValue.object([.init("id", .integer(Int64(Coprocess.pingID))), .init("ping", true)]).encoded,
                        isFramed: configuration.isFramed)[...]
                write()
            case .send(let id):
                guard let request = unsentRequests[id] else { continue }
                if request.notAfter < now {
                    expire(id)
                } else {
                    unsentRequests[id] = nil
                    unsent = request.line[...]
                    write()
                }
            case .fail(let id, let reason):
                unsentRequests[id] = nil
                owner.finish(id, .failure(Coprocess.Failure(description: "\(configuration.name) \(reason)")))
            }
        }
    }

    private mutating func expire(_ id: Int) {
        unsentRequests[id] = nil
        owner.finish(id, .failure(Coprocess.Late()))
        perform(machine.skipped(id, at: now))
    }

    /// Nobody is to wait for a process that starts or works longer than the request is worth.
    private mutating func expireLateRequests() {
        let now = now
        for id in unsentRequests.filter({ $0.value.notAfter < now }).keys.sorted() { expire(id) }
    }

    private mutating func spawn() {
        answers = MessageSplitter(isFramed: configuration.isFramed, limit: configuration.maximumLineBytes)
        remarks = LineSplitter(limit: configuration.maximumLogLineBytes, overflow: .cut)
        unsent = []
        errorsAreClosed = false
        do {
            child = try ChildProcess(configuration.command)
        } catch {
            ended("cannot be started: \(error)")
        }
    }

    private mutating func write() {
        guard let input = child?.input else { return }
        while !unsent.isEmpty {
            let count = unsent.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
            if count > 0 {
                unsent = unsent.dropFirst(count)
            } else if count < 0, errno == EINTR {
                continue
            } else {
                // Full: go on when there is room. Broken: its end will be seen on the other pipes.
                if count < 0, errno != EAGAIN { unsent = [] }
                return
            }
        }
    }

    private mutating func readRemarks() {
        guard let errors = child?.errors else { return }
        let count = read(errors, buffer.baseAddress, buffer.count)
        guard count > 0 else {
            // The process may go on working without it.
            if count == 0 { errorsAreClosed = true }
            return
        }
        let lines = (try? remarks.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))) ?? []
        for line in lines {
            logger.info("\(String(decoding: line, as: UTF8.self))")
        }
    }

    private mutating func readAnswers() {
        guard let output = child?.output else { return }
        let count = read(output, buffer.baseAddress, buffer.count)
        if count < 0, errno == EAGAIN || errno == EINTR { return }
        guard count > 0 else {
            let ending = child.take()?.reap()
            ended("ended (\(ending?.description ?? "never started"))")
            return
        }
        do {
            for line in try answers.append(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { take(line) }
        } catch {
            perform(machine.confused("wrote a message of more than \(configuration.maximumLineBytes) bytes"))
        }
    }

    private mutating func take(_ line: [UInt8]) {
        guard let message = try? JSONValue(parsing: line) else {
            perform(machine.confused("wrote something that is not JSON"))
            return
        }
        if let isReady = message["ready"]?.bool {
            if isReady {
                owner.show(.ready(message))
                logger.info("engine process is ready", metadata: ["version": "\(message["version"]?.string ?? "?")"])
                perform(machine.becameReady(at: now, answersPings: message["ping"]?.bool == true))
            } else {
                perform(machine.confused("cannot work: \(message["error"]?.string?.prefix(300) ?? "no reason given")"))
            }
            return
        }
        if let id = message["id"]?.int, machine.isChecking, id == Coprocess.pingID {
            perform(machine.answeredPing(at: now))
            return
        }
        guard let id = message["id"]?.int, machine.state == .busy(id) else {
            perform(machine.confused("answered a request that was not asked"))
            return
        }
        owner.finish(id, .success(message))
        perform(machine.answered(id, at: now))
    }

    // MARK: - The end of a child

    private mutating func ended(_ reason: String) {
        unsent = []
        let actions = machine.ended(reason, at: now, jitter: .random(in: 0..<1))
        let shown = machine.lastFailure
        owner.show(.down(shown))
        logger.warning("engine process \(shown)", metadata: ["failures_in_row": "\(machine.failures)"])
        perform(actions)
    }
}
