import ArgumentParser
import RiderConfiguration
import RiderModel

struct ConfigCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Finds every mistake in files, .env, environment and flags.",
        discussion: """
            Exit code 1 when there is an error; warnings and notices alone are fine.

            Examples:
              rider config check
              rider config check --config /etc/rider
            """)

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let problems: [ConfigurationProblem]
        var files: [String] = []
        do {
            let loaded = try global.loader.load()
            problems = loaded.problems
            files = loaded.files
        } catch {
            problems = error.problems
        }
        let errors = problems.count { $0.severity == .error }
        if json {
            let list = problems.map { problem -> JSONValue in
                [
                    "severity": .string(problem.severity.rawValue), "source": .string(problem.source.description),
                    "key": .optional(problem.key, JSONValue.string), "message": .string(problem.message),
                    "nearest": .optional(problem.nearest, JSONValue.string),
                ]
            }
            Terminal.write(json: ["ok": .bool(errors == 0), "problems": .array(list)])
        } else {
            for problem in problems { Terminal.write(problem.description + "\n") }
            if errors == 0 {
                Terminal.write("fine: \(files.isEmpty ? "no files, only defaults" : files.joined(separator: ", "))\n")
            } else {
                Terminal.complain("\(errors) \(errors == 1 ? "error" : "errors")")
            }
        }
        if errors > 0 { throw ExitStatus.failed.code }
    }
}
