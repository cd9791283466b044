import ArgumentParser
import Foundation
import RiderConfiguration

struct ConfigInitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Writes the default files, to be changed.",
        discussion: """
            Files that exist are left alone; with --force they are overwritten.

            Examples:
              rider config init
              rider config init --output /etc/rider
            """)

    @Option(help: ArgumentHelp("The folder; it is made when it does not exist.", valueName: "dir"))
    var output = "config"

    @Flag(help: "Overwrite files that exist.")
    var force = false

    func run() async throws {
        let folder = URL(filePath: output, directoryHint: .isDirectory)
        let files = FileManager.default
        do {
            try files.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure("the folder \(output) cannot be made: \(error.localizedDescription)")
        }
        var kept = 0
        for file in DefaultFile.allCases {
            let path = folder.appending(path: file.name).path(percentEncoded: false)
            if !force, files.fileExists(atPath: path) {
                kept += 1
                Terminal.complain("\(path) exists and was left alone (--force overwrites it)")
                continue
            }
            // The files may come to hold a token or a password.
            guard
                files.createFile(atPath: path, contents: Data(file.contents), attributes: [.posixPermissions: 0o600])
            else { throw CommandFailure("\(path) cannot be written: check the folder's owner and mode") }
            Terminal.write("wrote \(path)\n")
        }
        if kept == DefaultFile.allCases.count { throw ExitStatus.failed.code }
        if kept > 0 { throw ExitStatus.partlyDone.code }
    }
}
