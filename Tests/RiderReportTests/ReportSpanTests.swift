import RiderModel
import Testing

@testable import RiderReport

struct ReportSpanTests {
    struct Case: Sendable {
        let span: Duration
        let stepSeconds: Int64
    }

    private static let hour: Int64 = 3600
    private static let now = UnixTime(milliseconds: 1_763_035_207_345)
    private static let cases: [Case] = [
        .init(span: .seconds(30), stepSeconds: 1), .init(span: .seconds(hour), stepSeconds: 30),
        .init(span: .seconds(24 * hour), stepSeconds: 600), .init(span: .seconds(7 * 24 * hour), stepSeconds: 7200),
        .init(span: .seconds(30 * 24 * hour), stepSeconds: 6 * hour),
        .init(span: .seconds(3650 * 24 * hour), stepSeconds: 4 * 7 * 24 * hour),
    ]

    @Test(arguments: cases) func stepsAreOfALengthThatPeopleCountIn(_ expected: Case) {
        let span = ReportSpan(since: Self.now - expected.span, until: Self.now, zone: .utc)
        #expect(span.stepCount <= ReportSpan.maxSteps)
        #expect(span.stepMilliseconds == expected.stepSeconds * 1000)
    }

    @Test func stepsBeginAtRoundLocalTimesAndCoverTheSpan() {
        let zone = TimeZoneRules { _ in 19_800 }
        let span = ReportSpan(since: Self.now - .seconds(14 * 24 * Self.hour), until: Self.now, zone: zone)
        #expect(span.stepMilliseconds == 3 * Self.hour * 1000)
        let civil = zone.civil(at: span.start)
        #expect(civil.hour % 3 == 0 && civil.minute == 0 && civil.second == 0)
        #expect(span.start <= span.since && span.step(of: span.since) == 0)
        #expect(span.step(of: UnixTime(milliseconds: span.until.milliseconds - 1)) == span.stepCount - 1)
        #expect(span.step(of: span.until) == nil)
    }
}
