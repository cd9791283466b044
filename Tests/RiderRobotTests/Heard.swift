import RiderModel
import RiderPublisher
import Synchronization

@testable import RiderRobot

/// The other end of a contact: remembers what it was told, and lets a test wait for it.
final class Heard: Sendable {
    enum Event: Sendable, Hashable {
        case states([ProviderState])
        case heartbeat(Domain, ProviderHeartbeat.Status)
        case idleVoice
        case tracking(TrackingState?)
    }

    private struct State {
        var modes = RobotModes()
        var wanted: Set<Domain> = []
        /// Answers to be called contested.
        var contested = 0
        var isListening = true
        var online: Set<Domain> = [.text]
        var answers = 0
    }

    private let state = Mutex(State())
    private let events = AsyncStream.makeStream(of: Event.self)

    func want(_ domains: Domain...) { state.withLock { $0.wanted = Set(domains) } }
    func contest(times: Int) { state.withLock { $0.contested = times } }
    func goOnline(_ domain: Domain) { state.withLock { _ = $0.online.insert(domain) } }
    func goOffline(_ domain: Domain) { state.withLock { _ = $0.online.remove(domain) } }
    /// Answers about modes so far.
    var answers: Int { state.withLock(\.answers) }
    func stopListening() { state.withLock { $0.isListening = false } }

    /// Waits for something to be told.
    @discardableResult
    func event(_ fits: (Event) -> Bool) async -> Event? {
        for await event in events.stream where fits(event) { return event }
        return nil
    }

    func states() async -> [ProviderState] {
        let event = await event { if case .states = $0 { true } else { false } }
        guard case .states(let states) = event else { return [] }
        return states
    }

    var environment: RobotContact.Environment {
        let feed = events.continuation
        return RobotContact.Environment(
            question: { self.state.withLock(\.modes.question) },
            take: { states, _ in
                feed.yield(.states(states))
                return self.state.withLock { state in
                    state.answers += 1
                    state.contested -= 1
                    return state.contested < 0
                }
            },
            wants: { domain in self.state.withLock { $0.wanted.contains(domain) } },
            heartbeat: { feed.yield(.heartbeat($0.domain, $0.status)) }, idleVoice: { feed.yield(.idleVoice) },
            tracking: { feed.yield(.tracking($0)) }, capabilities: { Array(#"{"text":{"mode":"pc"}}"#.utf8) },
            isOnline: { domain in
                domain == .voice ? nil : self.state.withLock { $0.online.contains(domain) }
            },
            isListening: { self.state.withLock(\.isListening) })
    }
}
