import ArgumentParser
import FoundationEssentials
import RiderConfiguration
import RiderExecution
import RiderHistory
import RiderJournal
import RiderModel
import RiderReport

struct ReportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Draws a span of time: tasks, queue, failures, breakers, outages, delivery.",
        discussion: """
            Writes one HTML file that needs no network and no other file. It reads beside a running worker.

            Times: 2h, 90s, 3d (ago), 2026-11-24, 2026-11-24T10:00:00Z, Unix seconds.

            Examples:
              rider report
              rider report --since 24h -o report.html
              rider report --since 2026-11-20 --until 2026-11-21 -o friday.html
              rider report --since 7d --json

            Exit code 1 when there is nothing to report in the span; the message says of which time there is something.
            """)

    @Option(help: ArgumentHelp("Begin at this time; else 24h ago.", valueName: "time"))
    var since: TimePoint?

    @Option(help: ArgumentHelp("End before this time; else now.", valueName: "time"))
    var until: TimePoint?

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Write to this file, - is standard output; else to rider-report-DATE-TIME.html here, or with --json to "
                + "standard output.", valueName: "file"))
    var output: String?

    @Flag(help: "One JSON document with the numbers behind the page, instead of the page.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let settings = try global.load()
        let now = TimeSource.system.wall()
        let since = (since?.expression ?? .ago(.seconds(86_400))).resolved(now: now)
        let until = (until?.expression ?? .now).resolved(now: now)
        guard since < until else {
            throw ValidationError(
                "--since \(HumanText.time(since)) is not before --until \(HumanText.time(until))")
        }
        let directory = settings.dataDirectory
        let journal = JournalReader(directory: directory)
        let progress = ProgressLine()
        defer { progress.clear() }
        let publisherID = try await journal.publisherID()
        var builder = ReportBuilder(span: ReportSpan(since: since, until: until))
        try await JournalFeed(reader: journal, progress: progress).fill(&builder)
        builder = try await addingHistory(to: builder, directory: directory, progress: progress)
        let report = builder.report(
            publisherID: publisherID, programVersion: Rider.configuration.version, generatedAt: now)
        progress.clear()
        if report.isEmpty { throw try await nothingToReport(since, until, journal: journal, directory: directory) }
        try write(report, now: now)
    }

    private func addingHistory(
        to builder: ReportBuilder, directory: String, progress: ProgressLine
    ) async throws -> ReportBuilder {
        try await DetachedThread.run(name: "history-read", stop: {}) {
            var builder = builder
            try HistoryFeed(reader: SampleReader(directory: directory), progress: progress).fill(&builder)
            return builder
        }
    }

    private func write(_ report: Report, now: UnixTime) throws {
        let bytes = json ? report.json.encoded + [UInt8(ascii: "\n")] : Array(ReportPage(report).html.utf8)
        let file = output ?? (json ? "-" : Self.defaultName(now))
        if file == "-" {
            Terminal.write(bytes)
            return
        }
        do {
            // Under its name only when it is whole.
            try Data(bytes).write(to: URL(filePath: file), options: .atomic)
        } catch {
            throw CommandFailure("\(file) could not be written: \(error)")
        }
        if !json {
            Terminal.write(
                "\(file): \(Shown.count(report.total.finished)) tasks, \(HumanText.bytes(Int64(bytes.count)))\n")
        }
    }

    private static func defaultName(_ now: UnixTime) -> String {
        let digits = HumanText.time(now).filter { $0.isNumber }
        return "rider-report-\(digits.prefix(8))-\(digits.dropFirst(8)).html"
    }

    private func nothingToReport(
        _ since: UnixTime, _ until: UnixTime, journal: JournalReader, directory: String
    ) async throws -> CommandFailure {
        var known: [String] = []
        if let (first, last) = try await journal.recordedTimes() {
            known.append("the journal has results from \(HumanText.time(first)) to \(HumanText.time(last))")
        }
        let history = try await DetachedThread.run(name: "history-read", stop: {}) {
            () throws -> ClosedRange<UnixTime>? in
            do {
                return try SampleReader(directory: directory).plan().bounds
            } catch let error as HistoryError where error.code == .missing {
                return nil
            }
        }
        if let history {
            known.append(
                "the metric history goes from \(HumanText.time(history.lowerBound)) to \(HumanText.time(history.upperBound))"
            )
        }
        return CommandFailure(
            "there is nothing to report from \(HumanText.time(since)) to \(HumanText.time(until)); "
                + (known.isEmpty ? "\(directory) has nothing at all" : known.joined(separator: ", ")))
    }
}
