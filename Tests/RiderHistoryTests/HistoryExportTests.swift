import Metrics
import RiderMetrics
import RiderModel
import Testing

@testable import RiderHistory

@Suite struct HistoryExportTests {
    private final class Sink: HistoryExport.Sink {
        var bytes: [UInt8] = []
        var isFinished = false
        func write(_ more: [UInt8]) { bytes += more }
        func finish() { isFinished = true }
        var lines: [String] { String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init) }
    }

    private let registry = PrometheusRegistry(
        declarations: [.init("wait_seconds", .histogram, labels: ["kind"], buckets: [0.5, 1], help: "Wait.")],
        includesProcess: false)

    private func export(
        _ history: TemporaryHistory, _ name: String, _ format: ExportFormat, steps: HistoryExport.Steps? = nil,
        period: Duration? = nil
    ) throws -> (files: [Sink], summary: HistoryExport.Summary) {
        let reader = SampleReader(directory: history.directory)
        var files: [Sink] = []
        let summary = try HistoryExport(reader: reader, format: format, steps: steps).run(
            try reader.series(SeriesSelection(names: [name])),
            span: UnixTime(milliseconds: 0)..<UnixTime(milliseconds: history.now + 86_400_000), period: period
        ) { _ in
            files.append(Sink())
            return files[files.count - 1]
        }
        return (files, summary)
    }

    private func sampled(_ history: TemporaryHistory, rounds: Int, _ change: (Int) -> Void) async {
        var sampling = Sampling(history, registry, history.store())
        for number in 0..<rounds {
            change(number)
            _ = await sampling.round()
        }
        await sampling.store.close()
    }

    @Test func `odd labels and values are written as each format wants them`() async throws {
        let history = try TemporaryHistory()
        let odd = "a\"b,c d=e\\f\ng"
        await sampled(history, rounds: 1) { _ in
            Gauge(label: "level", dimensions: [("odd", odd), ("empty", "")], factory: registry).record(-1.5)
        }
        func first(_ format: ExportFormat) throws -> [String] { try export(history, "level", format).files[0].lines }
        #expect(
            try first(.csv) == [
                "time,metric,labels,value",
                #"2025-11-13T12:00:00.000Z,level,"{""empty"":"""",""odd"":""a\""b,c d=e\\f\ng""}",-1.5"#,
            ])
        #expect(
            try first(.jsonl) == [
                #"{"ts":1763035200.000,"metric":"level","labels":{"empty":"","odd":"a\"b,c d=e\\f\ng"},"value":-1.5}"#
            ])
        #expect(
            try first(.openmetrics) == [
                "# TYPE level gauge", #"level{empty="",odd="a\"b,c d=e\\f\ng"} -1.5 1763035200.000"#, "# EOF",
            ])
        #expect(
            try first(.influx) == [#"level,odd=a"b\,c\ d\=e\f\ g value=-1.5 1763035200000000000"#])
    }

    @Test func `a histogram is written point by point, a counter keeps its ending, families stay together`()
        async throws
    {
        let history = try TemporaryHistory()
        await sampled(history, rounds: 2) { number in
            for kind in ["a", "b"] {
                Metrics.Timer(label: "wait_seconds", dimensions: [("kind", kind)], factory: registry)
                    .recordMilliseconds(700)
                Counter(label: "work", dimensions: [("kind", kind)], factory: registry).increment()
            }
        }
        let lines = try export(history, "w*", .openmetrics).files[0].lines
        func histogram(_ kind: String, _ count: Int, _ sum: String, _ time: String) -> [String] {
            [
                #"wait_seconds_bucket{kind="\#(kind)",le="0.5"} 0 \#(time)"#,
                #"wait_seconds_bucket{kind="\#(kind)",le="1.0"} \#(count) \#(time)"#,
                #"wait_seconds_bucket{kind="\#(kind)",le="+Inf"} \#(count) \#(time)"#,
                #"wait_seconds_sum{kind="\#(kind)"} \#(sum) \#(time)"#,
                #"wait_seconds_count{kind="\#(kind)"} \#(count) \#(time)"#,
            ]
        }
        let (first, second) = ("1763035200.000", "1763035205.000")
        #expect(
            lines == ["# TYPE wait_seconds histogram"] + histogram("a", 1, "0.7", first)
                + histogram("a", 2, "1.4", second)
                + histogram("b", 1, "0.7", first) + histogram("b", 2, "1.4", second) + ["# TYPE work counter"]
                + ["a", "b"].flatMap { kind in
                    [#"work_total{kind="\#(kind)"} 1 \#(first)"#, #"work_total{kind="\#(kind)"} 2 \#(second)"#]
                } + ["# EOF"])
    }

    @Test func `what an aggregation makes is a family of gauges`() async throws {
        let history = try TemporaryHistory()
        await sampled(history, rounds: 24) { _ in
            Counter(label: "work_total", factory: registry).increment(by: 10)
            Metrics.Timer(label: "wait_seconds", dimensions: [("kind", "a")], factory: registry).recordMilliseconds(700)
        }
        let minute = HistoryExport.Steps(length: .seconds(60), aggregation: .rate)
        #expect(
            try export(history, "work_total", .openmetrics, steps: minute).files[0].lines == [
                "# TYPE work:rate gauge", "work:rate 2 1763035200.000", "work:rate 2 1763035260.000", "# EOF",
            ])
        let median = HistoryExport.Steps(length: .seconds(60), aggregation: .p50)
        #expect(
            try export(history, "wait_seconds", .jsonl, steps: median).files[0].lines == [
                #"{"ts":1763035200.000,"metric":"wait_seconds","labels":{"kind":"a"},"value":0.75}"#,
                #"{"ts":1763035260.000,"metric":"wait_seconds","labels":{"kind":"a"},"value":0.75}"#,
            ])
    }

    @Test func `samples after the clock was set back are left out where they may not stand, and counted`() async throws
    {
        let history = try TemporaryHistory()
        await sampled(history, rounds: 20) { number in
            if number == 10 { history.now -= 3_600_000 }
            Gauge(label: "level", factory: registry).record(Double(number))
        }
        let openMetrics = try export(history, "level", .openmetrics)
        #expect(openMetrics.summary.samples == 10)
        #expect(openMetrics.summary.omitted.outOfOrder == 10)
        #expect(try export(history, "level", .csv).summary.samples == 20)
    }

    @Test func `numbers that a format does not have are left out and counted`() async throws {
        let history = try TemporaryHistory()
        await sampled(history, rounds: 4) { number in
            Gauge(label: "level", factory: registry).record([1, .nan, .infinity, -0.0][number])
        }
        let influx = try export(history, "level", .influx)
        #expect(influx.summary.samples == 2 && influx.summary.omitted.notFinite == 2)
        let csv = try export(history, "level", .csv).files[0].lines.map { $0.split(separator: ",").last ?? "" }
        #expect(csv == ["value", "1", "NaN", "+Inf", "-0.0"])
        let json = try export(history, "level", .jsonl).files[0].lines
        #expect(json.count { $0.hasSuffix(#""value":null}"#) } == 2)
    }

    @Test func `each period has a file, and one without samples has none`() async throws {
        let history = try TemporaryHistory()
        await sampled(history, rounds: 20) { number in
            if number == 10 { history.now += 3 * 86_400_000 }
            Gauge(label: "level", factory: registry).record(Double(number))
        }
        let days = try export(history, "level", .openmetrics, period: .seconds(86_400))
        #expect(days.files.map { $0.lines.count } == [12, 12])
        #expect(days.files.allSatisfy { $0.isFinished && $0.lines.last == "# EOF" })
        #expect(days.summary.samples == 20 && days.summary.files == 2)
        let nothing = try export(history, "no_such_metric", .csv)
        #expect(nothing.files.isEmpty && nothing.summary.samples == 0)
    }

    @Test func `gzip gives back what went in`() throws {
        let stream = try GzipStream()
        var bytes: [UInt8] = []
        for number in 0..<20_000 { bytes += stream.compress(Array("line \(number)\n".utf8)) }
        bytes += stream.finish()
        #expect(bytes.prefix(2) == [0x1F, 0x8B])
        #expect(bytes.count < 80_000)
    }
}
