import RiderModel
import Testing

@testable import RiderQueue

@Suite(.timeLimit(.minutes(1)))
struct WakeAlarmTests {
    private let time = ManualTime()
    private let alarm = WakeAlarm()

    /// Hands over the moments at which the alarm rings, while it runs.
    private func withRings(_ body: (inout AsyncStream<UnixTime>.Iterator) async -> Void) async {
        let (rings, sink) = AsyncStream.makeStream(of: UnixTime.self)
        await withTaskGroup { group in
            group.addTask { [time, alarm] in
                await alarm.run(sleepingUntil: { try await time.sleep(until: $0) }, ring: { sink.yield(time.now) })
            }
            var iterator = rings.makeAsyncIterator()
            await body(&iterator)
            group.cancelAll()
        }
    }

    @Test func itRingsAtTheEarliestMoment() async {
        let start = time.now
        await withRings { rings in
            alarm.set(start + .seconds(3))
            alarm.set(start + .seconds(1))
            alarm.set(start + .seconds(2))
            time.advance(by: .seconds(1))
            #expect(await rings.next() == start + .seconds(1))
            // The later ones are forgotten: who still waits for one of them has looked since, and asked again.
            alarm.set(start + .seconds(5))
            time.advance(by: .seconds(3))
            alarm.set(start + .seconds(4))
            #expect(await rings.next() == start + .seconds(4))
        }
    }

    @Test func whatWasAskedForBeforeItRanIsNotForgotten() async {
        let start = time.now
        alarm.set(start + .seconds(1))
        time.advance(by: .seconds(2))
        await withRings { rings in
            #expect(await rings.next() == start + .seconds(2))
        }
    }
}
