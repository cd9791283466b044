import RiderModel
import RiderProviders
import Synchronization
import TestSupport
import Testing

@testable import rider

@Suite(.timeLimit(.minutes(1))) struct EngineWatchTests {
    /// An engine whose server takes as long to answer as the test likes, and whose breaker the test holds.
    private final class Model: Provider {
        struct State {
            var breaker = CircuitBreaker.State.closed
            var isThere = true
            var isSilent = false
        }

        let domain = Domain.text
        let name = "TextProvider"
        let maxConcurrentTasks = 1
        let engineChanges: AsyncStream<Void>
        private let bell: AsyncStream<Void>.Continuation
        private let state = Mutex(State())

        init() {
            (engineChanges, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        }

        func change(_ body: (inout State) -> Void) {
            state.withLock { body(&$0) }
            bell.yield()
        }

        func engines() async -> [EngineStatus] {
            let state = state.withLock { $0 }
            if state.isSilent { try? await untilCancelled() }
            return refreshed([
                EngineStatus(taskType: .textGenerate, engine: "model", available: state.isThere, detail: "")
            ])
        }

        func refreshed(_ statuses: [EngineStatus]) -> [EngineStatus] {
            let breaker = state.withLock(\.breaker)
            return statuses.map { status in
                var status = status
                status.breaker = breaker
                status.untilRetry = breaker == .open ? .seconds(3000) : nil
                return status
            }
        }

        func process(_ task: ClaimedTask) async throws -> TaskResult { .completed([:]) }
        func run() async throws {}
    }

    private let model = Model()

    /// Runs a watch that never looks by the clock.
    private func watching(_ body: (EngineWatch, inout AsyncStream<Bool>.Iterator) async -> Void) async {
        let (changes, bell) = AsyncStream.makeStream(of: Bool.self)
        let slot = Mutex<EngineWatch?>(nil)
        let watch = EngineWatch([model], interval: .seconds(3600)) {
            bell.yield(slot.withLock { $0 }?.isAvailable(.textGenerate) ?? false)
        }
        slot.withLock { $0 = watch }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await watch.run() }
            var iterator = changes.makeAsyncIterator()
            await body(watch, &iterator)
            group.cancelAll()
        }
    }

    @Test func `a breaker that opens is told although the server does not answer`() async {
        await watching { _, changes in
            #expect(await changes.next() == true)
            model.change {
                $0.isSilent = true
                $0.breaker = .open
            }
            #expect(await changes.next() == false)
            // The look that this has caused hangs: it holds up nothing that is known without it.
            model.change { $0.breaker = .halfOpen }
            #expect(await changes.next() == true)
        }
    }

    @Test func `a breaker that closes makes the watch look again`() async {
        model.change { $0.isThere = false }
        await watching { watch, changes in
            #expect(await changes.next() == false)
            model.change {
                $0.isThere = true
                $0.breaker = .halfOpen
            }
            while await changes.next() != true {}
            #expect(watch.engines(of: .text).map(\.available) == [true])
        }
    }
}
