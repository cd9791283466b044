import RiderModel
import Testing

@testable import RiderJournal
@testable import RiderReport

struct ReportBuilderTests {
    private static let since = ExampleReport.since
    private static let span = ReportSpan(since: since, until: ExampleReport.until, zone: .utc)

    private static func result(
        after seconds: Int = 60, milliseconds: Double = 5, isFailed: Bool = false, isSuperseded: Bool = false
    ) -> ReportResult {
        ReportResult(
            recordedAt: since + .seconds(seconds), taskType: "text.nlu", priority: 5, isFailed: isFailed,
            waitMilliseconds: 2, processingMilliseconds: milliseconds, delivery: .handedOff, isDelivered: true,
            isSuperseded: isSuperseded)
    }

    private static func report(_ builder: ReportBuilder) -> Report {
        builder.report(publisherID: "p", programVersion: "rider", generatedAt: ExampleReport.until)
    }

    @Test func everyResultIsCountedOnceInEachView() {
        let report = ExampleReport.report()
        #expect(report.total.finished == ExampleReport.tasks)
        #expect(report.steps.reduce(0) { $0 + $1.finished } == ExampleReport.tasks)
        #expect(report.taskTypes.reduce(0) { $0 + $1.finished } == ExampleReport.tasks)
        #expect(report.levels.reduce(0) { $0 + $1.finished } == ExampleReport.tasks)
        #expect(report.delivery.values.reduce(0, +) == ExampleReport.tasks)
        #expect(report.failures.reduce(report.otherFailures) { $0 + $1.count } == report.total.failed)
        #expect(report.total.failed == 60)
    }

    @Test func whatIsOutsideTheSpanIsNotCounted() {
        var builder = ReportBuilder(span: Self.span)
        builder.add(Self.result(after: -1))
        builder.add(Self.result(after: 0))
        builder.add(Self.result(after: 86_399))
        builder.add(Self.result(after: 86_400))
        #expect(Self.report(builder).total.finished == 2)
    }

    @Test func aResultWhoseWorkerHadLostItsLeaseIsOnlyMentioned() {
        var builder = ReportBuilder(span: Self.span)
        builder.add(Self.result())
        builder.add(Self.result(isSuperseded: true))
        let report = Self.report(builder)
        #expect(report.total.finished == 1 && report.superseded == 1)
    }

    @Test func quantilesAreRightToOnePerCent() throws {
        var builder = ReportBuilder(span: Self.span)
        for number in 1...1000 { builder.add(Self.result(milliseconds: Double(number) * 0.37)) }
        let summary = try #require(Self.report(builder).total.processing)
        #expect(summary.count == 1000 && summary.maximum == 370)
        for (found, wanted) in [(summary.median, 185), (summary.p95, 351.5), (summary.p99, 366.3)] {
            #expect(abs(found - wanted) <= 0.0101 * wanted)
        }
    }

    @Test func oneTaskIsItsOwnQuantiles() {
        var builder = ReportBuilder(span: Self.span)
        builder.add(Self.result(milliseconds: 0.183))
        let summary = Self.report(builder).total.processing
        #expect(summary == DurationSummary(count: 1, median: 0.183, p95: 0.183, p99: 0.183, maximum: 0.183))
    }

    @Test func rareReasonsAreCountedTogether() {
        var builder = ReportBuilder(span: Self.span)
        let reasons = ReportBuilder.maxReasons + 200
        for number in 0..<reasons {
            builder.add(Self.result(isFailed: true))
            builder.addFailure("text.nlu", reason: "reason \(number)", at: Self.since + .seconds(60))
        }
        builder.add(Self.result(isFailed: true))
        builder.addFailure("text.nlu", reason: "reason 7", at: Self.since + .seconds(90))
        let report = Self.report(builder)
        #expect(report.failures.first?.reason == "reason 7" && report.failures.first?.count == 2)
        #expect(report.failures.first?.lastSeen == Self.since + .seconds(90))
        #expect(report.failures.reduce(report.otherFailures) { $0 + $1.count } == reasons + 1)
    }

    @Test func anOutageCountsAsFarAsItIsInTheSpan() {
        var builder = ReportBuilder(span: Self.span)
        builder.add(ExampleReport.silence)
        builder.add(ExampleReport.outage)
        var open = ExampleReport.outage
        open.begunAt = ExampleReport.until - .seconds(10)
        open.endedAt = nil
        builder.add(open)
        open.begunAt = ExampleReport.until + .seconds(10)
        builder.add(open)
        let report = Self.report(builder)
        #expect(report.outageCount == 3)
        #expect(report.outageMilliseconds == [.noSubscriber: 1_800_000, .linkDown: 3_310_000])
    }

    @Test func aStateLastsUntilTheNextReadingUnlessTheWorkerWasGone() throws {
        var builder = ReportBuilder(span: Self.span)
        for (seconds, value) in [(-10, 0.0), (20, 1), (50, 0.5), (60, 0), (5000, 0), (5010, 1)] {
            builder.addBreaker(
                value, engine: "VoiceProvider espeak", at: Self.since + .seconds(seconds), longestGap: .seconds(60))
        }
        let strip = try #require(Self.report(builder).breakers.first)
        #expect(strip.milliseconds == [.good: 30_000, .bad: 30_000, .trying: 10_000])
        #expect(strip.slots.count { $0 == .bad } == 2)
    }

    @Test func theDeepestMomentOfAStepIsKept() {
        var builder = ReportBuilder(span: Self.span)
        for (seconds, depth) in [(10, 3.0), (20, 8), (30, 1), (700, 2)] {
            builder.addDepth(depth, priority: 4, at: Self.since + .seconds(seconds))
        }
        let report = Self.report(builder)
        #expect(report.steps[0].depth == [4: 8] && report.steps[1].depth == [4: 2])
        #expect(report.levels.map(\.name) == ["4"] && report.levels[0].greatestDepth == 8)
    }
}
