import RiderModel
import Synchronization
import Testing

@testable import RiderReplay

@Suite struct ReplayWatchersTests {
    private let now = NanosecondBox()

    private var watchers: ReplayWatchers {
        ReplayWatchers(
            time: TimeSource(
                wall: { UnixTime(milliseconds: 0) }, monotonicNanoseconds: { [now] in now.value.withLock { $0 } }))
    }

    /// Reads the same clock wherever it goes.
    private final class NanosecondBox: Sendable {
        let value = Mutex<UInt64>(0)

        func advance(seconds: UInt64) { value.withLock { $0 += seconds * 1_000_000_000 } }
    }

    @Test func whoBeganItHasAWhileToAskForTheFirstTime() {
        let watchers = watchers
        #expect(watchers.patienceLeft == .seconds(5))
        now.advance(seconds: 4)
        #expect(watchers.patienceLeft == .seconds(1))
        now.advance(seconds: 1)
        #expect(watchers.patienceLeft == nil)
    }

    @Test func whoeverWaitsForNewsIsThereHoweverLongItTakes() async {
        let watchers = watchers
        await watchers.watching {
            now.advance(seconds: 60)
            #expect(watchers.patienceLeft == .seconds(5))
            await watchers.watching {}
            #expect(watchers.patienceLeft == .seconds(5), "one of two has left")
        }
        now.advance(seconds: 3)
        #expect(watchers.patienceLeft == .seconds(2), "counted from when the last one left")
    }

    @Test func theyHaveGoneWhenNobodyIsLeft() async {
        let watchers = watchers
        now.advance(seconds: 5)
        await watchers.haveGone()
    }
}
