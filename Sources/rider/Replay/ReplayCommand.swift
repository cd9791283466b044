import ArgumentParser
import Logging
import RiderBus
import RiderConfiguration
import RiderJournal
import RiderModel
import RiderReplay

struct ReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Sends telemetry again: what a listener missed, in order, at a pace, marked.",
        discussion: """
            Every message carries replay: true, the run, its age and its first timestamp in _rider. Robot topics are \
            commands and are never sent again; no option changes that.

            Beside a running worker the worker does it: on its socket, behind live messages; with --to it opens a socket \
            of its own for it. Without a worker the command takes the journal's lock and sends itself.

            It waits --wait for a subscriber, sends nothing when none comes, and stops when the last one stays away for as \
            long. Ctrl-C stops it, and so does the end of this command, killed or not; --resume goes on where nothing was \
            in doubt.

            Points of time: 2h, 90s, 3d (ago), 2026-11-24, 2026-11-24T10:00:00Z, Unix seconds, last-outage, seq:N.
            Rates: 1x and 10x keep the gaps of the original, 200/s, max. Without --rate it is replay.rate, and less while \
            the robot's broker is slow.

            A probe through the robot's broker confirms that it has read a message. Elsewhere (bind://, another address) \
            nobody confirms: handed_off then means that the message was given to the connection of a subscriber that \
            stayed. Whether the subscriber has read it only the subscriber knows.

            Examples:
              rider replay --since last-outage
              rider replay --since 2h --until 1h --topic telemetry.text --dry-run
              rider replay --only-undelivered --max-age 1d --rate 200/s
              rider replay --since seq:1042 --rate 1x \\
                  --to bind://127.0.0.1:5600 --topic-prefix replay.
              rider replay --resume 7
              rider replay --list

            Ends with 0 when every message was confirmed, or handed off where nobody confirms, and when there was nothing \
            to send; 1 when no subscriber came or it failed; 3 when it was stopped, or not every message was confirmed.
            """)

    @Option(help: ArgumentHelp("From here on.", valueName: "point"))
    var since: String?

    @Option(help: ArgumentHelp("Before this; seq:N is the last one.", valueName: "point"))
    var until: String?

    @Option(parsing: .singleValue, help: "Only of this topic, such as telemetry.text; may be given often.")
    var topic: [String] = []

    @Option(help: ArgumentHelp("Only completed or failed results.", valueName: "name"))
    var status: String?

    @Option(help: ArgumentHelp("Only of the task with this id.", valueName: "id"))
    var task: String?

    @Flag(help: "Only what a listener may have missed and no replay has brought since.")
    var onlyUndelivered = false

    @Option(help: ArgumentHelp("Nothing that is older: 30m, 2h, 1d.", valueName: "duration"))
    var maxAge: TimeSpan?

    @Option(help: ArgumentHelp("1x, 10x, 200/s or max.", valueName: "rate"))
    var rate: String?

    @Option(
        help: ArgumentHelp(
            "Send to tcp://HOST:PORT, or to whoever connects to bind://HOST:PORT.", valueName: "endpoint"))
    var to: String?

    @Option(help: ArgumentHelp("Put this before the topics; it begins with \"replay\".", valueName: "text"))
    var topicPrefix: String = ""

    @Option(help: ArgumentHelp("Wait so long for a subscriber.", valueName: "duration"))
    var wait = TimeSpan(.seconds(5))

    @Option(help: ArgumentHelp("Go on with a run that was stopped.", valueName: "run"))
    var resume: Int64?

    @Flag(help: "Send nothing: say what would be sent, and how long it would take.")
    var dryRun = false

    @Flag(help: "List the replays and catch-ups of this journal, newest first.")
    var list = false

    @Flag(help: "JSON: a line for every step of progress, the last one is the report.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        let selects =
            since != nil || until != nil || !topic.isEmpty || status != nil || task != nil || onlyUndelivered
            || maxAge != nil
        if resume != nil, selects || dryRun || to != nil || !topicPrefix.isEmpty {
            throw ValidationError("--resume goes on with what was asked for then: only --rate and --wait go with it")
        }
        if resume == nil, !selects, !list {
            throw ValidationError("say what to send, such as --since 2h, --since last-outage or --only-undelivered")
        }
        if let rate, ReplayRate(parsing: rate) == nil {
            throw ValidationError("--rate \(rate): write 1x, 10x, 200/s or max")
        }
        if let to {
            do {
                _ = try Endpoint(parsing: to)
            } catch {
                throw ValidationError("--to: \(error)")
            }
        }
        _ = try request()
    }

    private func request() throws -> ReplayRequest {
        func point(_ text: String?, _ option: String) throws -> ReplayPoint? {
            do {
                return try text.map { try ReplayPoint(parsing: $0) }
            } catch {
                throw ValidationError("--\(option): \(error), last-outage or seq:N")
            }
        }
        var request = ReplayRequest()
        request.since = try point(since, "since")
        request.until = try point(until, "until")
        for name in topic {
            guard let topic = TelemetryTopic(name: name) else {
                let known = TelemetryTopic.allCases.map(\.name).joined(separator: ", ")
                throw ValidationError(
                    "--topic \(name): history there is of \(known); what the robot takes as commands is never sent again"
                )
            }
            request.topics.insert(topic)
        }
        if let status {
            guard let known = TaskResult.Status(rawValue: status) else {
                throw ValidationError("--status \(status): known are completed, failed")
            }
            request.status = known
        }
        guard let prefix = ReplayTopicPrefix(topicPrefix) else {
            throw ValidationError("--topic-prefix must be \(ReplayTopicPrefix.rule)")
        }
        request.topicPrefix = prefix
        request.taskID = task
        request.onlyUndelivered = onlyUndelivered
        request.maxAge = maxAge?.duration
        request.rate = rate.flatMap(ReplayRate.init(parsing:))
        request.endpoint = to
        request.wait = wait.duration
        // A command that is killed must not leave the worker sending.
        request.isWatched = true
        return request
    }

    func run() async throws {
        let settings = try global.load()
        let reader = JournalReader(directory: settings.dataDirectory)
        if list {
            let runs = try await reader.replayRuns()
            Terminal.write(json ? ReplayListing.json(runs) : ReplayListing.text(runs))
            return
        }
        if dryRun {
            try await preview(reader, settings)
            return
        }
        // Says so when there is no journal; opening one to write would begin it.
        _ = try await reader.replayRuns(limit: 1)

        let session = ReplaySession(settings: settings, show: ReplayScreen(isJSON: json))
        let progress = try await session.run { control throws(ReplayRefusal) in
            guard let resume else {
                do {
                    return try await control.start(try request())
                } catch {
                    throw error as? ReplayRefusal ?? .invalid("\(error)")
                }
            }
            return try await control.resume(
                resume, rate: rate.flatMap(ReplayRate.init(parsing:)), wait: wait.duration, isWatched: true)
        }
        try finish(progress)
    }

    private func preview(_ reader: JournalReader, _ settings: Settings) async throws {
        let line = ProgressLine()
        let request = try request()
        let bounds = try await ReplayBounds.find(request, in: reader, now: TimeSource.system.wall()) { seq in
            line.show("looking at row \(Shown.count(seq))")
        }
        line.clear()
        let rate = request.rate ?? .adaptive(Double(settings.replay.rate))
        let preview = ReplayPreview(bounds, rate: rate)
        Terminal.write(json ? ReplayListing.json(preview) : ReplayListing.text(preview))
    }

    private func finish(_ progress: ReplayProgress) throws {
        if json { return try exit(progress) }
        Terminal.write(ReplayListing.report(progress))
        try exit(progress)
    }

    private func exit(_ progress: ReplayProgress) throws {
        switch progress.phase {
        case .done where progress.run == nil || progress.isComplete: return
        case .noSubscriber, .failed: throw ExitStatus.failed.code
        default: throw ExitStatus.partlyDone.code
        }
    }
}
