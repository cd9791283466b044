import ArgumentParser
import Foundation
import RiderConfiguration
import RiderModel
import RiderQueue

struct EnqueueCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enqueue", abstract: "Puts tasks into the queue.",
        discussion: """
            With a TYPE and --payload or --file it puts one task in and prints its id. With "-" it reads JSON lines from \
            standard input: whole envelopes, or payloads of TYPE. A bad line is reported with its number and the rest go in. \
            Tasks without an id get one; a task whose id is in the queue already is not put in twice, which is no failure.

            Types: \(TaskType.allCases.map(\.rawValue).joined(separator: ", ")).

            When the queue is full, --wait waits for room. Otherwise the command says how many tasks went in and ends with 3.

            Examples:
              rider enqueue text.nlu --payload '{"text":"jedź do przodu"}'
              rider enqueue voice.tts --payload '{"text":"Cześć"}' --expires-in 5s
              rider enqueue vision.detection --file picture.json
              rider enqueue text.nlu - < payloads.jsonl
              rider enqueue - --wait 10m < envelopes.jsonl
            """)

    @Argument(help: ArgumentHelp("The task's type, or - for whole envelopes from standard input.", valueName: "type"))
    var kind: String

    @Argument(help: ArgumentHelp("- reads payloads, one a line, from standard input.", valueName: "-"))
    var input: String?

    @Option(help: ArgumentHelp("1 (most urgent) to 10; 5 when it is not given.", valueName: "number"))
    var priority: Int?

    @Option(help: "The task's id.")
    var id: String?

    @Option(help: ArgumentHelp("The payload: a JSON object.", valueName: "json"))
    var payload: String?

    @Option(help: ArgumentHelp("A file with the payload.", valueName: "path"))
    var file: String?

    @Option(help: ArgumentHelp("The task's meta: a JSON object.", valueName: "json"))
    var meta: String?

    @Option(
        help: ArgumentHelp("The task is worthless when not started by then: 500ms, 5s, 10m.", valueName: "duration"))
    var expiresIn: TimeSpan?

    @Option(
        defaultAsFlag: TimeSpan.forever,
        help: ArgumentHelp("Wait for room in a full queue, for ever or so long.", valueName: "duration"))
    var wait: TimeSpan?

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    private var readsLines: Bool { kind == "-" || input != nil }

    func validate() throws {
        if kind != "-", TaskType(rawValue: kind) == nil {
            throw ValidationError(EnvelopeError.unknownTaskType("\"\(kind)\"").description)
        }
        if let input, input != "-" || kind == "-" { throw ValidationError("unexpected \"\(input)\"") }
        if let priority, Priority(rawValue: priority) == nil {
            throw ValidationError(EnvelopeError.invalidPriority(String(priority)).description)
        }
        if readsLines {
            if payload != nil || file != nil || id != nil {
                throw ValidationError("--payload, --file and --id are for one task; the lines of - bring their own")
            }
        } else if (payload == nil) == (file == nil) {
            throw ValidationError("give the payload with either --payload, --file or -")
        }
        if kind == "-", priority != nil || meta != nil || expiresIn != nil {
            throw ValidationError("envelopes bring their own priority, meta and expires_in_ms")
        }
    }

    func run() async throws {
        let settings = try global.load()
        try await QueueOpener.withQueue(settings) { queue in
            if readsLines {
                try await putLines(into: queue, settings)
            } else {
                try await putOne(into: queue, settings)
            }
        }
    }

    private var template: TaskTemplate {
        TaskTemplate(
            type: TaskType(rawValue: kind), priority: priority.flatMap(Priority.init(rawValue:)) ?? .standard,
            meta: meta.map { Array($0.utf8) }, expiresIn: expiresIn?.duration)
    }

    // MARK: - One task

    private func putOne(into queue: any TaskQueue, _ settings: Settings) async throws {
        var ids = TaskIDMaker()
        let envelope: TaskEnvelope
        do {
            let text = try payload.map { Array($0.utf8) } ?? contents(of: file ?? "")
            envelope = try template.envelope(text, id: id ?? ids.next())
        } catch let error as EnvelopeError {
            throw CommandFailure(error.description, status: .wrongUse)
        }
        let progress = ProgressLine()
        var enqueuer = Enqueuer(queue: queue, patience: wait?.duration, clock: .continuous) { _ in
            progress.show("the queue is full: waiting for room")
        }
        let outcome = try await enqueuer.put([NewTask(envelope)])[0]
        progress.clear()
        if json {
            let name =
                switch outcome {
                case .queued: "queued"
                case .duplicate: "duplicate"
                case .full: "full"
                case .tooLarge: "too_large"
                }
            Terminal.write(json: ["task_id": .string(envelope.id), "outcome": .string(name)])
        }
        switch outcome {
        case .queued:
            if !json { Terminal.write("queued \(envelope.id)\n") }
        case .duplicate:
            if !json { Terminal.write("in the queue already: \(envelope.id)\n") }
        case .full(let limit):
            throw CommandFailure(
                "0 queued; the queue is full (limit \(limit)): wait with --wait, or raise queue.max_size",
                status: .partlyDone)
        case .tooLarge(let limit):
            throw CommandFailure("the task is larger than queue.max_task_bytes, which is \(limit)")
        }
    }

    private func contents(of path: String) throws(CommandFailure) -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw CommandFailure("\(path) cannot be read: \(error.localizedDescription)", status: .wrongUse)
        }
    }

    // MARK: - Lines

    private func putLines(into queue: any TaskQueue, _ settings: Settings) async throws {
        let input = LineInput(lineLimit: settings.queue.maxTaskBytes)
        let progress = ProgressLine()
        let time = TimeSource.system
        let bar = EnqueueProgress(total: input.size, start: time.monotonicNanoseconds())
        var lines = EnqueueLines(
            enqueuer: Enqueuer(queue: queue, patience: wait?.duration, clock: .continuous) { waiting in
                progress.show("the queue is full: \(waiting) tasks of this batch wait for room")
            },
            template: template, maxTaskBytes: settings.queue.maxTaskBytes,
            onRefusal: { line, reason in
                progress.clear()
                Terminal.complain("line \(line): \(reason)")
            },
            onProgress: { report in
                progress.show(bar.text(report, bytesRead: input.bytesRead, now: time.monotonicNanoseconds()))
            })
        let report = try await lines.run { try await input.next($0) }
        progress.clear()
        if json {
            Terminal.write(json: report.json)
        } else {
            Terminal.write(report.text + "\n")
        }
        if report.status != .done { throw report.status.code }
    }
}
