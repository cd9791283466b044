import GRDB
import Metrics
import RiderMetrics
import RiderModel
import Testing

@testable import RiderHistory

@Suite struct SampleStoreTests {
    /// A registry with a counter, a gauge and a histogram that are told something from time to time.
    private struct Machine {
        let registry = PrometheusRegistry(
            declarations: [
                .init("work_total", .counter, labels: ["kind"], help: "Work."),
                .init("level", .gauge, help: "Level."),
                .init("wait_seconds", .histogram, labels: ["kind"], buckets: [0.1, 0.5, 1], help: "Wait."),
            ], includesProcess: false)

        func work(_ number: Int) {
            if number % 3 == 0 {
                Counter(label: "work_total", dimensions: [("kind", "a")], factory: registry).increment(by: number)
            }
            if number > 20 {
                Counter(label: "work_total", dimensions: [("kind", "b\"\\")], factory: registry).increment()
            }
            Gauge(label: "level", factory: registry).record(Double(number * number % 17) / 10)
            Metrics.Timer(label: "wait_seconds", dimensions: [("kind", "a")], factory: registry)
                .recordMilliseconds(number * 37 % 1500)
        }
    }

    private func isEqual(_ left: [TemporaryHistory.Expected], _ right: [TemporaryHistory.Expected]) -> Bool {
        left.count == right.count
            && zip(left, right).allSatisfy { left, right in
                left.at == right.at && left.values.mapValues(\.bitPattern) == right.values.mapValues(\.bitPattern)
            }
    }

    @Test func `every round comes back with every series, from rows and from chunks`() async throws {
        let history = try TemporaryHistory()
        let machine = Machine()
        var sampling = Sampling(history, machine.registry, history.store())
        for number in 0..<(2 * SampleStore.roundsPerChunk + 57) {
            machine.work(number)
            _ = await sampling.round(after: number % 11 == 0 ? 5_003 : 5_000)
        }
        #expect(try history.sql(Int.self, "SELECT count(*) FROM chunk") == 2)
        #expect(try history.sql(Int.self, "SELECT count(*) FROM recent") == 57)
        #expect(isEqual(try history.rebuilt(), sampling.expected))

        let from = sampling.expected[100].at
        let until = sampling.expected[500].at
        #expect(
            isEqual(
                try history.rebuilt(UnixTime(milliseconds: from)..<UnixTime(milliseconds: until)),
                Array(sampling.expected[100..<500])))
        await sampling.store.close()
    }

    @Test func `a worker that was killed loses nothing that was written, and its end is visible`() async throws {
        let history = try TemporaryHistory()
        var expected: [TemporaryHistory.Expected] = []
        for _ in 0..<3 {
            let machine = Machine()
            var sampling = Sampling(history, machine.registry, history.store())
            for number in 0..<40 {
                machine.work(number)
                _ = await sampling.round()
            }
            // No close: the next one finds the file as a kill leaves it.
            expected += sampling.expected
            history.now += 3_600_000
        }
        #expect(isEqual(try history.rebuilt(), expected))
        let reader = SampleReader(directory: history.directory)
        let plan = try reader.plan()
        #expect(plan.starts.map(\.milliseconds) == [expected[0].at, expected[40].at, expected[80].at])
        #expect(plan.points == 120)
        let work = try #require(
            SampleGroup.grouping(
                try reader.series(SeriesSelection(names: ["work_total"], labels: [.init("kind", "a")]))
            )
            .first)
        // 0 + 3 + 6 … + 39 in each run, whatever the value was before.
        let total = (0..<40).filter { $0 % 3 == 0 }.reduce(0, +)
        let growth = try reader.steps(of: work, in: plan, step: .seconds(3600), aggregation: .increase)
        #expect(growth.map { $0.values[0] } == [Double(total), Double(total), Double(total)])
    }

    @Test func `only what changed is told`() async throws {
        let history = try TemporaryHistory()
        let registry = PrometheusRegistry(declarations: [], includesProcess: false)
        let level = Gauge(label: "level", factory: registry)
        Gauge(label: "still", factory: registry).record(3)
        // Not one that this test knows of: the registry counts what it drops.
        var sampling = Sampling(history, registry, history.store())
        level.record(1)
        _ = await sampling.round()
        level.record(2)
        let second = try #require(await sampling.round())
        #expect(second.changes.map(\.name) == ["level"])
        let third = try #require(await sampling.round())
        #expect(third.changes.isEmpty)
        #expect(third.run == second.run)
    }

    @Test func `a series that goes and comes back has a gap`() async throws {
        let history = try TemporaryHistory()
        let registry = PrometheusRegistry(declarations: [], includesProcess: false)
        var sampling = Sampling(history, registry, history.store())
        for phase in 0..<3 {
            let counter = Counter(label: "visits_total", factory: registry)
            if phase != 1 { counter.increment(by: 10) } else { counter.destroy() }
            for _ in 0..<5 { _ = await sampling.round() }
            if phase != 1 { counter.destroy() }
        }
        #expect(isEqual(try history.rebuilt(), sampling.expected))
        let reader = SampleReader(directory: history.directory)
        let group = try #require(
            SampleGroup.grouping(try reader.series(SeriesSelection(names: ["visits*"]))).first)
        let steps = try reader.steps(of: group, in: try reader.plan(), step: .seconds(3600), aggregation: .increase)
        #expect(steps.map(\.values) == [[20]])
    }

    @Test func `times rise although the clock is set back a little, and follow it when it is set back far`()
        async throws
    {
        let history = try TemporaryHistory()
        let registry = PrometheusRegistry(declarations: [], includesProcess: false)
        Gauge(label: "level", factory: registry).record(1)
        var sampling = Sampling(history, registry, history.store())
        for step in [5_000, -300, 5_000, -7_200_000, 5_000, 5_000] as [Int64] { _ = await sampling.round(after: step) }
        let start = TemporaryHistory.start
        #expect(
            sampling.expected.map(\.at) == [
                start, start + 5_000, start + 5_001, start + 9_700, start - 7_190_300, start - 7_185_300,
            ])
        #expect(try history.sql(Int.self, "SELECT count(*) FROM chunk") == 1)
        #expect(isEqual(try history.rebuilt(), sampling.expected.sorted { $0.at < $1.at }))
    }

    @Test func `more series than the limit are counted, not kept`() async throws {
        let history = try TemporaryHistory()
        let registry = PrometheusRegistry(declarations: [], includesProcess: false)
        for number in 0..<20 {
            Gauge(label: "level", dimensions: [("number", String(number))], factory: registry).record(1)
        }
        var configuration = HistoryConfiguration()
        configuration.maxSeries = 10
        var sampling = Sampling(history, registry, history.store(configuration))
        _ = await sampling.round()
        #expect(try SampleReader(directory: history.directory).series().count == 10)
        #expect(history.count("metrics_sample_series_skipped_total") >= 10)
    }
}
