import ArgumentParser
import Foundation
import Logging
import Metrics
import RiderConfiguration
import RiderModel
import RiderProviders

struct EnginesTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Tries engines on a small sample and prints time and result.",
        discussion: """
            Each engine works on a sample that is part of the program: a spoken question, a portrait, a sentence. Without \
            names those on the lists `engines` are tried; --all tries the others too. A task type is given as voice.asr, an \
            engine by its name. One that hears, says or answers nothing does not work.

            Examples:
              rider engines test
              rider engines test voice.asr
              rider engines test whisper-server
              rider engines test --all --json

            Ends with 0 when every task type that was tried has an engine that works, with 3 when some have none, and with 1 \
            when nothing works.
            """)

    @Argument(help: ArgumentHelp("Task types and engines.", valueName: "name"))
    var names: [String] = []

    @Flag(help: "Also those that are on no list.")
    var all = false

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    private struct Verdict {
        var entry: EngineEntry
        var works: Bool
        var milliseconds: Double
        var detail: String
        var result: JSONValue
    }

    func run() async throws {
        let settings = try global.load()
        let entries = try chosen(EngineEntry.all(in: settings))
        let level = Logger.Level(rawValue: global.logLevel ?? "error") ?? .error
        let logger = Logger(label: "rider.engines") { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let folder = FileManager.default.temporaryDirectory.appending(path: "rider-engines-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let environment = DomainProvider.Environment(
            logger: logger, metrics: NOOPMetricsHandler.instance, engineFolder: folder.path(percentEncoded: false))

        let progress = ProgressLine()
        var verdicts: [Verdict] = []
        for (number, entry) in entries.enumerated() {
            progress.show("trying \(entry.taskType.rawValue) \(entry.name) (\(number + 1) of \(entries.count))")
            verdicts.append(try await verdict(entry, settings, environment))
        }
        progress.clear()
        print(verdicts)
        let types = Set(verdicts.map(\.entry.taskType))
        let working = Set(verdicts.filter(\.works).map(\.entry.taskType))
        if working.isEmpty { throw ExitStatus.failed.code }
        if working != types { throw ExitStatus.partlyDone.code }
    }

    private func chosen(_ entries: [EngineEntry]) throws -> [EngineEntry] {
        let known = Set(entries.flatMap { [$0.taskType.rawValue, $0.name, $0.section, $0.taskType.domain.rawValue] })
        if let wrong = names.first(where: { !known.contains($0) }) {
            throw ValidationError("\(wrong) is neither a task type nor an engine; see `rider engines list`")
        }
        func isNamed(_ entry: EngineEntry) -> Bool {
            names.contains { [entry.taskType.rawValue, entry.section, entry.taskType.domain.rawValue].contains($0) }
        }
        return entries.filter { entry in
            // Whoever names an engine means it, whether or not it is on a list.
            if names.contains(entry.name) { return true }
            return (names.isEmpty || isNamed(entry)) && (all ? entry.name != "mock" : entry.rank != nil)
        }
    }

    private func verdict(
        _ entry: EngineEntry, _ settings: Settings, _ environment: DomainProvider.Environment
    ) async throws -> Verdict {
        let provider: DomainProvider
        do {
            provider = try entry.provider(settings, environment: environment)
        } catch {
            return Verdict(entry: entry, works: false, milliseconds: 0, detail: "\(error)", result: .null)
        }
        let task = try EngineSample.task(entry.taskType)
        let time = TimeSource.system
        let start = time.monotonicNanoseconds()
        let result = try await withThrowingTaskGroup(of: TaskResult?.self) { group in
            group.addTask {
                do { try await provider.run() } catch is CancellationError {}
                return nil
            }
            group.addTask { try await provider.process(task) }
            while let ended = try await group.next() {
                if let result = ended {
                    group.cancelAll()
                    try await group.waitForAll()
                    return result
                }
            }
            throw CancellationError()
        }
        let milliseconds = Double(time.monotonicNanoseconds() - start) / 1e6
        let output = result.output.flatMap { try? JSONValue(parsing: $0) } ?? .null
        let isDone = result.status == .completed
        return Verdict(
            entry: entry, works: isDone && EngineSample.isPlausible(entry.taskType, output),
            milliseconds: milliseconds,
            detail: isDone ? EngineSample.summary(entry.taskType, output) : result.error ?? "no reason given",
            result: output)
    }

    private func print(_ verdicts: [Verdict]) {
        if json {
            Terminal.write(
                json: .array(
                    verdicts.map { verdict in
                        [
                            "task_type": .string(verdict.entry.taskType.rawValue),
                            "engine": .string(verdict.entry.name), "kind": .string(verdict.entry.kind),
                            "order": .optional(verdict.entry.rank) { .whole($0) }, "works": .bool(verdict.works),
                            "milliseconds": .number((verdict.milliseconds * 10).rounded() / 10),
                            "detail": .string(verdict.detail), "result": verdict.result,
                        ]
                    }))
            return
        }
        var table = TextTable(
            ("TASK", .left), ("ENGINE", .left), ("KIND", .left), ("WORKS", .left), ("TIME", .right), ("RESULT", .left))
        for verdict in verdicts {
            table.add(
                verdict.entry.taskType.rawValue, verdict.entry.name, verdict.entry.kind, verdict.works ? "yes" : "no",
                verdict.works ? "\(Int(verdict.milliseconds.rounded())) ms" : "-",
                Shown.line(verdict.detail, limit: 500))
        }
        Terminal.write(table.text)
    }
}
