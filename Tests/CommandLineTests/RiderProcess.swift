import Foundation
import Subprocess
import SystemPackage

/// The program as scripts see it, in a folder of its own and with an empty environment.
final class RiderProcess: Sendable {
    struct Outcome {
        var status: Int32?
        var output: String
        var errors: String
    }

    let folder: String
    private let program: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/rider-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // The tests and the program are built into the same folder.
        let tests = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        program = tests.deletingLastPathComponent().appending(path: "rider").path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    func run(
        _ arguments: String..., input: String = "", environment: [String: String] = [:]
    ) async throws -> Outcome {
        try await run(arguments, input: input, environment: environment)
    }

    func run(
        _ arguments: [String], input: String = "", environment: [String: String] = [:]
    ) async throws -> Outcome {
        let variables = Dictionary(
            uniqueKeysWithValues: environment.map { (Environment.Key(rawValue: $0.key) ?? "UNUSED", $0.value) })
        let result = try await Subprocess.run(
            .path(.init(program)), arguments: Arguments(arguments), environment: .custom(variables),
            workingDirectory: .init(folder), input: .string(input), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        var status: Int32?
        if case .exited(let code) = result.terminationStatus { status = code }
        return Outcome(
            status: status, output: result.standardOutput, errors: result.standardError)
    }
}
