import RiderModel
import Synchronization
import Testing

@testable import rider

@Suite struct TaskIDMakerTests {
    @Test func idsAreUUIDsOfVersionSeven() throws {
        var maker = TaskIDMaker()
        let id = maker.next()
        #expect(id.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
    }

    @Test func idsRiseInsideAMillisecondAndWhenTheClockIsSetBack() {
        let times = Counter()
        var maker = TaskIDMaker(random: SystemRandomNumberGenerator()) { times.next() }
        let ids = (0..<20_000).map { _ in maker.next() }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == ids.count)
    }

    @Test func theTimeIsInFront() {
        var maker = TaskIDMaker(random: SystemRandomNumberGenerator()) { UnixTime(milliseconds: 0x0123_4567_89AB) }
        #expect(maker.next().hasPrefix("01234567-89ab-7"))
    }
}

/// A clock that stands for long and jumps back once.
private final class Counter: Sendable {
    private let calls = Mutex(0)

    func next() -> UnixTime {
        calls.withLock { calls in
            calls += 1
            return UnixTime(milliseconds: calls < 10_000 ? 5000 : 4000)
        }
    }
}
