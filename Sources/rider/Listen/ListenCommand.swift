import ArgumentParser
import RiderBus
import RiderConfiguration
import RiderModel
import UnixSignals

struct ListenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "listen", abstract: "Prints messages of the bus, counts them and finds what is missing.",
        discussion: """
            Without --endpoint it listens to the robot's broker when robot.host is set, else to the worker on this machine. \
            Ctrl-C ends it; then it prints a summary.

            Each telemetry message has a number per topic (tseq in _rider). Numbers that were skipped are missing until a \
            replay brings them. Exit code 1 when some are missing at the end, 3 when fewer than --count messages came.

            With --recover nothing stays missing: what was skipped is asked for at the worker's telemetry.recovery_endpoint, \
            messages are printed in order, each once, and the worker is told what has come (robot_acked in its journal). \
            --state keeps the place, so that the next listener goes on there. The protocol is described in \
            tools/listener/README.md, and tools/listener/rider_listener.py is the same for a robot.

            With --json every message is one line, and the last line is the summary.

            Examples:
              rider listen
              rider listen --topic telemetry.text --topic telemetry.voice
              rider listen --count 100 --for 30s --json
              rider listen --endpoint tcp://192.168.1.30:5556 --topic ''
              rider listen --recover tcp://127.0.0.1:5558 --state place.json
            """)

    @Option(help: ArgumentHelp("tcp://HOST:PORT to connect to, or bind://HOST:PORT.", valueName: "endpoint"))
    var endpoint: String?

    @Option(
        name: .customLong("topic"), parsing: .singleValue,
        help: ArgumentHelp("The beginning of topics; may be given often; '' means everything.", valueName: "prefix"))
    var topics: [String] = []

    @Option(
        help: ArgumentHelp("Ask the worker there for what was missed: tcp://HOST:PORT.", valueName: "endpoint"))
    var recover: String?

    @Option(help: ArgumentHelp("Where --recover keeps its place.", valueName: "file"))
    var state: String?

    @Flag(help: "With --recover at the first start: everything that the journal still has.")
    var fromStart = false

    @Option(help: ArgumentHelp("End after so many messages.", valueName: "number"))
    var count: Int?

    @Option(name: .customLong("for"), help: ArgumentHelp("End after so long: 30s, 5m.", valueName: "duration"))
    var duration: TimeSpan?

    @Flag(help: "Print only the summary.")
    var quiet = false

    @Flag(help: "JSON lines: every message, then the summary.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if let count, count < 1 { throw ValidationError("--count must be 1 or more") }
        for text in [endpoint, recover].compactMap(\.self) {
            do {
                _ = try Endpoint(parsing: text)
            } catch {
                throw ValidationError(error.description)
            }
        }
        if (recover == nil) != (state == nil) { throw ValidationError("--recover and --state belong together") }
        if fromStart, recover == nil { throw ValidationError("--from-start belongs to --recover") }
    }

    func run() async throws {
        let settings = try global.load()
        let endpoint = try self.endpoint.map { try Endpoint(parsing: $0) } ?? Self.standardEndpoint(settings)
        let context = try ZeroMQContext()
        let topics = topics.isEmpty ? ["telemetry."] : topics
        let subscriber = BusSubscriber(
            context: context, endpoint: endpoint, topics: topics, maxMessageBytes: settings.ingest.maxMessageBytes)
        let listener = Listener(limit: count ?? .max, show: quiet ? nil : show)
        if !json { Terminal.complain("listening to \(endpoint)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            let onLink = json ? nil : tellLink
            if let recover, let state {
                let recovering = RecoveringListener(
                    context: context, bus: endpoint, worker: try Endpoint(parsing: recover), topics: topics,
                    file: PlaceFile(path: state), fromStart: fromStart,
                    maxMessageBytes: settings.ingest.maxMessageBytes)
                group.addTask {
                    try await listener.run(recovering, onLink: onLink) { Terminal.complain($0) }
                }
            } else {
                group.addTask { try await listener.run(subscriber, onLink: onLink) }
            }
            group.addTask { for await _ in listener.ends {} }
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigint, .sigterm) { return }
            }
            if let duration {
                group.addTask { try await Task.sleep(for: duration.duration) }
            }
            try await group.next()
            listener.finish()
            group.cancelAll()
            while let result = await group.nextResult() {
                if case .failure(let error) = result, !(error is CancellationError) { throw error }
            }
        }

        let heard = listener.record
        if json { Terminal.write(json: heard.json) } else { Terminal.write(heard.text) }
        if heard.gaps.missingCount > 0 { throw ExitStatus.failed.code }
        if let count, heard.messages < count { throw ExitStatus.partlyDone.code }
    }

    /// The robot's broker, or the worker on this machine.
    static func standardEndpoint(_ settings: Settings) throws -> Endpoint {
        if let address = settings.robotAddress(port: settings.robot.subscribePort) {
            return try Endpoint(parsing: address)
        }
        let telemetry = try Endpoint(parsing: settings.telemetryEndpoint)
        guard telemetry.role == .bind else {
            throw CommandFailure(
                "telemetry goes to \(telemetry), where nobody can listen: name the broker's other side with --endpoint",
                status: .wrongUse)
        }
        let isEverywhere = ["*", "0.0.0.0", "::"].contains(telemetry.host)
        return .connect(isEverywhere ? "127.0.0.1" : telemetry.host, port: telemetry.port)
    }

    private func tellLink(isUp: Bool) {
        Terminal.complain(isUp ? "the link is up" : "the link is down")
    }

    private func show(topic: String, body: [UInt8], mark: RiderMark?, finding: GapFinder.Finding?) {
        if json {
            let text = (try? JSONValue(parsing: body)) ?? .string(String(decoding: body, as: UTF8.self))
            Terminal.write(json: ["topic": .string(topic), "body": text])
            return
        }
        var line = Shown.line(topic, limit: 64)
        if let mark { line += "  #\(mark.topicSeq)" + (mark.replay == nil ? "" : " (replay)") }
        if case .gap(let missing) = finding {
            line += "  missing before it: \(missing.lowerBound)…\(missing.upperBound)"
        }
        Terminal.write(line + "  " + Shown.line(String(decoding: body.prefix(2000), as: UTF8.self), limit: 400) + "\n")
    }
}
