import RiderModel
import Testing

@testable import RiderReport

struct AxisTests {
    private static let counts: [(Double, [Double])] = [
        (1, [0, 1]), (3, [0, 1, 2, 3]), (40, [0, 10, 20, 30, 40]), (41, [0, 20, 40, 60]),
        (1000, [0, 250, 500, 750, 1000]),
    ]

    @Test(arguments: counts)
    func countsEndAtARoundNumber(maximum: Double, ticks: [Double]) {
        #expect(ValueAxis.linear(upTo: maximum, wholeTicks: true).ticks == ticks)
    }

    @Test func durationsOfOneSizeStandOnAStraightScale() {
        let axis = ValueAxis.durations([10, 20, 38])
        #expect(axis.ticks == [0, 10, 20, 30, 40] && axis.position(of: 20) == 0.5)
    }

    @Test func durationsOfManySizesStandOnPowersOfTen() {
        let axis = ValueAxis.durations([0.5, 20_000])
        #expect(axis.ticks == [0.1, 10, 1000, 60_000])
        #expect(axis.position(of: 0.1) == 0 && axis.position(of: 60_000) == 1)
        #expect(axis.position(of: 0) == 0, "below the axis is on it")
    }

    @Test func ticksOfTimeAreRoundAndInside() {
        for hours in [1, 5, 24, 24 * 6, 24 * 40, 24 * 900] {
            let span = ReportSpan(
                since: ExampleReport.until - .seconds(hours * 3600), until: ExampleReport.until, zone: .utc)
            let ticks = TimeAxis(span, zone: .utc).ticks
            #expect((2...9).contains(ticks.count), "\(hours) h: \(ticks.count)")
            #expect(ticks.allSatisfy { (0...1).contains($0.position) })
        }
    }

    private static let durations: [(Double, String)] = [
        (0.1834, "0.183 ms"), (9.996, "10 ms"), (12.34, "12.3 ms"), (999.7, "1 s"), (1234, "1.23 s"),
        (59_990, "1 min"), (125_000, "2 min 5 s"), (0, "0 ms"),
    ]

    @Test(arguments: durations)
    func durationsHaveThreeDigits(milliseconds: Double, text: String) {
        #expect(Figures.duration(milliseconds: milliseconds) == text)
    }

    @Test func sharesNeverLie() {
        #expect(Figures.share(0, of: 10) == "0 %" && Figures.share(10, of: 10) == "100 %")
        #expect(Figures.share(1, of: 100_000) == "< 0.1 %" && Figures.share(99_999, of: 100_000) == "> 99.9 %")
        #expect(Figures.share(1, of: 8) == "12.5 %")
    }
}
