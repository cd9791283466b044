import Foundation
import RiderModel
import Testing

@testable import rider

/// What scripts rely on: exit codes, one JSON document, nothing asked.
@Suite struct ProgramTests {
    private let rider: RiderProcess

    init() throws {
        rider = try RiderProcess()
    }

    @Test func wrongUseEndsWithTwo() async throws {
        let outcomes = [
            try await rider.run("enqueue", "nonsense", "--payload", "{}"),
            try await rider.run("enqueue", "text.nlu", "--payload", "no json"),
            try await rider.run("enqueue", "text.nlu"), try await rider.run("enqueue", "-", "--priority", "1"),
            try await rider.run("queue", "dead", "retry"), try await rider.run("no-such-command"),
            try await rider.run("config", "show", "no.such.key"), try await rider.run("listen", "--endpoint", "x"),
        ]
        #expect(outcomes.map(\.status) == Array(repeating: 2, count: outcomes.count))
        #expect(!outcomes.contains { $0.errors.isEmpty })
    }

    @Test func aJournalThatIsNotThereIsSaidSo() async throws {
        for arguments in [["journal", "stats"], ["journal", "list"], ["report"], ["replay", "--since", "2h"]] {
            let outcome = try await rider.run(arguments)
            #expect(outcome.status == 1)
            #expect(outcome.errors.hasPrefix("rider: there is no journal in data"), "\(outcome.errors)")
        }
    }

    @Test func helpAndVersionEndWithZero() async throws {
        #expect(try await rider.run("--help").status == 0)
        #expect(try await rider.run("--version").output.hasPrefix("rider "))
        #expect(try await rider.run("queue", "dead", "drop", "--help").output.contains("Examples:"))
    }

    @Test func aTaskGoesInOnceAndIsListed() async throws {
        let arguments = try await rider.run("enqueue", "text.nlu", "--id", "a", "--payload", "{}", "--json")
        #expect(arguments.output == #"{"task_id":"a","outcome":"queued"}"# + "\n")
        let again = try await rider.run("enqueue", "text.nlu", "--id", "a", "--payload", "{}")
        #expect(again.status == 0)
        #expect(again.output == "in the queue already: a\n")
        let list = try await rider.run("queue", "list", "--json")
        #expect(try JSONValue(parsing: list.output).array?.map { $0["task_id"]?.string } == ["a"])
    }

    @Test func linesFromStandardInputArePartlyDoneWhenOneIsBad() async throws {
        let outcome = try await rider.run("enqueue", "text.nlu", "-", input: "{}\nbad\n{}")
        #expect(outcome.status == 3)
        #expect(outcome.output == "2 queued, 1 refused\n")
        #expect(outcome.errors.contains("line 2: "))
    }

    @Test func aFullQueueSaysHowManyWentIn() async throws {
        let outcome = try await rider.run(
            "enqueue", "text.nlu", "-", "--json", input: "{}\n{}\n{}\n", environment: ["TASK_QUEUE_MAX_SIZE": "2"])
        #expect(outcome.status == 3)
        let report = try JSONValue(parsing: outcome.output)
        #expect(report["queued"]?.int == 2)
        #expect(report["stopped_at_line"]?.int == 3)
    }

    @Test func nothingIsRemovedWithoutAYes() async throws {
        _ = try await rider.run("enqueue", "text.nlu", "--payload", "{}")
        #expect(try await rider.run("queue", "clear").status == 2)
        #expect(try await rider.run("queue", "clear", "--yes").output == "1 removed\n")
        #expect(try await rider.run("queue", "dead", "drop", "--all").status == 2)
    }

    @Test func writtenDefaultsAreFineAndPrivate() async throws {
        #expect(try await rider.run("config", "init").status == 0)
        let mode = try FileManager.default.attributesOfItem(atPath: rider.folder + "/config/rider.toml")[
            .posixPermissions]
        #expect(mode as? Int == 0o600)
        #expect(try await rider.run("config", "init").status == 1)
        #expect(try await rider.run("config", "check").status == 0)
    }

    @Test func secretsStayHidden() async throws {
        for format in ["--json", "--all", "--verbose"] {
            let shown = try await rider.run(
                "config", "show", format,
                environment: ["REDIS_PASSWORD": "do-not-show", "RIDER_HTTP_TOKEN": "do-not-show"])
            #expect(shown.status == 0)
            #expect(!shown.output.contains("do-not-show"))
            #expect(!shown.errors.contains("do-not-show"))
        }
    }

    @Test func mistakesInTheConfigurationStopEveryCommand() async throws {
        let environment = ["RIDER_QUEUE_MAX_SIZE": "many", "SERVER_PORT": "x"]
        let check = try await rider.run("config", "check", "--json", environment: environment)
        #expect(check.status == 1)
        #expect(try JSONValue(parsing: check.output)["problems"]?.array?.count == 2)
        let stats = try await rider.run("queue", "stats", environment: environment)
        #expect(stats.status == 1)
        #expect(stats.errors.contains("http.port"))
    }
}
