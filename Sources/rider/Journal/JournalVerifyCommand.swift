import ArgumentParser
import RiderConfiguration
import RiderJournal
import RiderModel

struct JournalVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Looks for damage: structure, checksums, numbers, delivery states.",
        discussion: """
            Changes nothing and runs beside a worker. Exit code 1 when something is wrong.

            Examples:
              rider journal verify
              rider journal verify --json
            """)

    @Option(help: ArgumentHelp("Stop after so many findings.", valueName: "number"))
    var limit = 1000

    @Flag(help: "One JSON document.")
    var json = false

    @OptionGroup var global: GlobalOptions

    func validate() throws {
        if limit < 1 { throw ValidationError("--limit must be 1 or more") }
    }

    func run() async throws {
        let reader = JournalReader(directory: try global.load().dataDirectory)
        let progress = ProgressLine()
        let findings = try await reader.verify(maxFindings: limit) { step in
            progress.show(
                "\(step.phase.rawValue): \(Shown.count(step.rowsChecked)) of \(Shown.count(step.rowsTotal)) rows, "
                    + "\(step.findings) findings")
        }
        progress.clear()
        if json {
            let list = findings.map { finding -> JSONValue in
                [
                    "kind": .string(finding.kind.rawValue), "seq": .optional(finding.seq, JSONValue.whole),
                    "message": .string(finding.message),
                ]
            }
            Terminal.write(json: ["ok": .bool(findings.isEmpty), "findings": .array(list)])
        } else {
            for finding in findings { Terminal.write("\(finding.kind.rawValue): \(finding.message)\n") }
            if findings.isEmpty { Terminal.write("nothing is wrong\n") }
        }
        if !findings.isEmpty { throw ExitStatus.failed.code }
    }
}
