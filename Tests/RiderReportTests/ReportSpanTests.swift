import RiderModel
import Testing

@testable import RiderReport

struct ReportSpanTests {
    private static let noon = UnixTime(milliseconds: 1_763_035_200_000)

    @Test(arguments: [
        (Duration.seconds(30), 1), (.seconds(120), 1), (.seconds(3600), 30), (.seconds(86_400), 600),
        (.seconds(7 * 86_400), 7200), (.seconds(30 * 86_400), 21_600), (.seconds(3650 * 86_400), 25 * 604_800 / 7 * 7),
    ])
    func stepsAreOfALengthThatPeopleCountIn(length: Duration, seconds: Int64) {
        let span = ReportSpan(since: Self.noon - length, until: Self.noon, zone: .utc)
        #expect(span.stepCount <= ReportSpan.maxSteps)
        if length < .seconds(3650 * 86_400) { #expect(span.stepMilliseconds == seconds * 1000) }
    }
}
