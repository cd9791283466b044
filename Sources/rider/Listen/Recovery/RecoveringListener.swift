import RiderBus
import RiderExecution
import RiderModel
import RiderRecovery

/// Follows the bus and asks the worker for what is missing, on a thread of its own.
struct RecoveringListener: Sendable {
    var context: ZeroMQContext
    var bus: Endpoint
    var worker: Endpoint
    var topics: [String]
    var file: PlaceFile
    var fromStart = false
    var maxMessageBytes = 4_194_304
    var time = TimeSource.system

    /// Messages of the bus that are read before the worker's answers are looked at.
    private static let messagesPerTurn = 256
    /// The last acknowledgement may be answered in this time; if it is not, it is said again at the next start.
    private static let farewell: UInt64 = 500_000_000

    struct Outcome: Sendable {
        var repeated = 0
        var gone: Int64 = 0
    }

    /// Runs until the surrounding task is cancelled, or until a message is not wanted any more. The closures are called on
    /// the listener's thread.
    ///
    /// - Parameters:
    ///   - onMessage: hands a message out; what has returned is not handed out again. Returns false when it was the last one
    ///     that is wanted.
    ///   - onLink: whether there is a link to the bus, at every change.
    ///   - onNote: something a person should know.
    func run(
        onMessage: @escaping @Sendable (_ topic: String, _ body: [UInt8]) -> Bool,
        onLink: @escaping @Sendable (_ isUp: Bool) -> Void, onNote: @escaping @Sendable (String) -> Void
    ) async throws -> Outcome {
        let place = try file.load()
        let doorbell = Doorbell()
        let stopped = StopFlag()
        return try await DetachedThread.run(name: "listener") {
            stopped.set()
            doorbell.ring()
        } loop: {
            // Answers to what an earlier run had asked are told apart by the time.
            let recovery = GapRecovery(
                topics: topics, place: place, fromStart: fromStart, name: "rider listen",
                firstID: time.wall().milliseconds)
            let loop = try Loop(self, recovery, onMessage, onLink, onNote)
            return try loop.run(until: stopped, doorbell)
        }
    }

    /// The thread's sockets and state.
    private final class Loop {
        let listener: RecoveringListener
        let onMessage: (String, [UInt8]) -> Bool
        let onLink: (Bool) -> Void
        let onNote: (String) -> Void
        let bus: ZeroMQSocket
        let monitor: LinkMonitor
        let worker: ZeroMQSocket
        var recovery: GapRecovery
        var isUp = false
        var isFull = false

        init(
            _ listener: RecoveringListener, _ recovery: GapRecovery,
            _ onMessage: @escaping (String, [UInt8]) -> Bool, _ onLink: @escaping (Bool) -> Void,
            _ onNote: @escaping (String) -> Void
        ) throws {
            self.listener = listener
            self.recovery = recovery
            self.onMessage = onMessage
            self.onLink = onLink
            self.onNote = onNote
            let watchful = [ZeroMQOption].watchful(heartbeatInterval: 500, heartbeatTimeout: 1000)
            bus = try ZeroMQSocket(
                .subscribe, in: listener.context,
                options: watchful + listener.topics.map { .subscribe(Array($0.utf8)) })
            monitor = try bus.startMonitor()
            try bus.attach(to: listener.bus)
            // Questions to a worker that is away would all be asked when it is back.
            worker = try ZeroMQSocket(.dealer, in: listener.context, options: watchful + [.immediate, .linger(200)])
            try worker.attach(to: listener.worker)
        }

        var now: UInt64 { listener.time.monotonicNanoseconds() }

        func run(until stopped: StopFlag, _ doorbell: Doorbell) throws -> Outcome {
            var poller = ZeroMQPoller()
            _ = poller.add(doorbell)
            _ = poller.add(monitor)
            _ = poller.add(bus)
            _ = poller.add(worker)
            if listener.bus.role == .bind {
                isUp = true
                onLink(true)
            }
            while !stopped.isSet, !isFull {
                try readLink()
                let hasMore = try readBus()
                try readWorker()
                recovery.lookAround(at: now)
                handOut()
                if recovery.isSaveDue(at: now) { try save() }
                try send()
                try poller.wait(milliseconds: hasMore ? 0 : untilDeadline)
            }
            try finish(&poller)
            return Outcome(repeated: recovery.repeated, gone: recovery.gone)
        }

        private var untilDeadline: Int {
            let (now, deadline) = (now, recovery.deadline)
            return deadline <= now ? 0 : Int(clamping: (deadline - now + 999_999) / 1_000_000)
        }

        private func readLink() throws {
            while let event = try monitor.next() {
                guard listener.bus.role == .connect, let change = event.linkIsUp, change != isUp else { continue }
                isUp = change
                onLink(isUp)
            }
        }

        /// - Returns: whether something may be left.
        private func readBus() throws -> Bool {
            for _ in 0..<RecoveringListener.messagesPerTurn {
                switch try bus.receive(maximumBytes: listener.maxMessageBytes) {
                case .nothing: return false
                case .refused(let bytes): onNote("a message of \(bytes) bytes was too large to be taken")
                case .message(let frames):
                    recovery.hear(
                        topic: String(decoding: frames[0], as: UTF8.self),
                        body: frames.count > 1 ? frames[frames.count - 1] : [], at: now)
                    handOut()
                }
            }
            return true
        }

        private func readWorker() throws {
            while case .message(let frames) = try worker.receive(maximumFrames: .max) {
                guard let answer = RecoveryAnswer(frames: frames) else { continue }
                recovery.take(answer, bytes: frames.reduce(0) { $0 + $1.count }, at: now)
                handOut()
                try send()
            }
        }

        private func handOut() {
            while !isFull, let message = recovery.next() { isFull = !onMessage(message.topic, message.body) }
            for note in recovery.takeNotes() { onNote(note) }
        }

        private func save() throws {
            guard let place = recovery.place else { return }
            try listener.file.save(place)
            recovery.saved(at: now)
        }

        private func send() throws {
            // What a worker that is away does not take is said again.
            for request in recovery.takeRequests() { _ = try worker.send([request.encoded]) }
        }

        private func finish(_ poller: inout ZeroMQPoller) throws {
            try save()
            try send()
            let end = now + RecoveringListener.farewell
            while recovery.hasRuns, now < end {
                try poller.wait(milliseconds: 20)
                while case .message(let frames) = try worker.receive(maximumFrames: .max) {
                    if let answer = RecoveryAnswer(frames: frames) { recovery.take(answer, bytes: 0, at: now) }
                }
            }
            if let place = recovery.place { try listener.file.save(place) }
        }
    }
}
