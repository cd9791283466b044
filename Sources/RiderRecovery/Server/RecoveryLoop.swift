import Logging
import RiderBus
import RiderExecution
import RiderJournal
import RiderModel
import Synchronization

/// The server's thread: owns the socket, tells the state machine what comes from it and does what it decides.
final class RecoveryLoop {
    private let server: RecoveryServer
    private let requestRead: (RecoveryStateMachine.Read) -> Void
    private let socket: ZeroMQSocket
    private var machine: RecoveryStateMachine

    /// A flood must not keep the thread from anything else.
    private static let requestsPerTurn = 64

    init(of server: RecoveryServer, read: @escaping (RecoveryStateMachine.Read) -> Void) throws {
        self.server = server
        requestRead = read
        let configuration = server.configuration
        socket = try ZeroMQSocket(
            .router, in: server.context,
            options: .watchful(
                heartbeatInterval: configuration.heartbeatIntervalMilliseconds,
                heartbeatTimeout: configuration.heartbeatTimeoutMilliseconds) + [
                    // A listener that takes nothing must not cost memory, and one that is gone is to be forgotten.
                    .refuseUnroutable,
                    // Messages too large to be answered cost their sender the connection.
                    .maximumMessageBytes(Int64(16 * RecoveryConfiguration.maxRequestBytes)),
                ])
        machine = RecoveryStateMachine(
            publisherID: configuration.publisherID, maxMessageBytes: configuration.maxMessageBytes,
            configuration: .init(configuration))
        try socket.attach(to: configuration.endpoint)
    }

    var address: String { socket.lastEndpoint }

    func run() throws {
        var poller = ZeroMQPoller()
        let bell = poller.add(server.doorbell)
        _ = poller.add(socket)
        while !server.stopped.isSet {
            let hasMore = try turn()
            try poller.wait(milliseconds: hasMore ? 0 : untilDeadline())
            if poller.isReadable(bell) { server.doorbell.answer() }
        }
    }

    private func untilDeadline() -> Int? {
        guard let deadline = machine.deadline else { return nil }
        let now = server.time.monotonicNanoseconds()
        return deadline <= now ? 0 : Int(clamping: (deadline - now + 999_999) / 1_000_000)
    }

    /// - Returns: whether requests were left for the next turn.
    private func turn() throws -> Bool {
        takeRead()
        let hasMore = try takeRequests()
        machine.lookAround(now: server.time.monotonicNanoseconds())
        try act()
        server.metrics.note(machine.takeTally(), listeners: machine.listeners)
        return hasMore
    }

    private func takeRead() {
        let finished = server.finishedRead.withLock { finished in
            defer { finished = nil }
            return finished
        }
        let now = server.time.monotonicNanoseconds()
        switch finished {
        case .page(let page): machine.pageRead(page, at: server.time.wall(), now: now)
        case .rows(let rows): machine.rowsRead(rows, now: now)
        case .failed: machine.readFailed(now: now)
        case nil: break
        }
    }

    private func takeRequests() throws -> Bool {
        for _ in 0..<Self.requestsPerTurn {
            switch try socket.receive() {
            case .nothing: return false
            case .refused: continue
            case .message(let frames):
                // The socket puts the connection's id in front.
                guard let listener = frames.first else { continue }
                if frames.dropFirst().reduce(0, { $0 + $1.count }) > RecoveryConfiguration.maxRequestBytes {
                    machine.tookOversized(from: listener, limit: RecoveryConfiguration.maxRequestBytes)
                } else {
                    machine.take(
                        frames: Array(frames.dropFirst()), from: listener, published: server.environment.published(),
                        now: server.time.monotonicNanoseconds())
                }
            }
        }
        return true
    }

    private func act() throws {
        // Failed sends change the state only, and ask for nothing.
        for action in machine.takeActions() {
            switch action {
            case .read(let read): requestRead(read)
            case .acknowledge(let runs):
                server.environment.deliveries(
                    runs.map {
                        DeliveryRange(first: $0.lowerBound, last: $0.upperBound, state: .robotAcknowledged)
                    })
            case .send(let listener, let frames):
                do throws(ZeroMQError) {
                    guard try socket.send([listener] + frames) != .sent else { continue }
                    server.logger.debug("a listener takes no answers", metadata: ["listeners": "\(machine.listeners)"])
                    machine.sendFailed(to: listener, isGone: false)
                } catch {
                    guard error.isUnroutable else { throw error }
                    machine.sendFailed(to: listener, isGone: true)
                }
            }
        }
    }
}

extension RecoveryStateMachine.Configuration {
    init(_ configuration: RecoveryConfiguration) {
        self.init()
        maxListeners = max(1, configuration.maxListeners)
        idle = UInt64(max(1, configuration.idleMilliseconds)) * 1_000_000
        messagesPerAnswer = max(1, configuration.messagesPerAnswer)
        bytesPerAnswer = max(1, configuration.bytesPerAnswer)
        windowBytes = max(1, configuration.windowBytes)
    }
}
