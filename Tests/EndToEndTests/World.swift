import Foundation
import RiderModel
import TestSupport
import Testing

/// A folder with a worker's data, and ports nobody else uses.
struct World {
    let folder: URL
    let httpPort: Int
    let telemetryPort: Int
    let recoveryPort: Int

    init() throws {
        folder = try Checkout.makeTemporaryFolder()
        (httpPort, telemetryPort, recoveryPort) = (try freePort(), try freePort(), try freePort())
    }

    var telemetryEndpoint: String { "tcp://127.0.0.1:\(telemetryPort)" }

    var recoveryEndpoint: String { "tcp://127.0.0.1:\(recoveryPort)" }

    var journal: URL { folder.appendingPathComponent("data/journal.db") }

    /// What every `rider` of this world is told.
    var environment: [String: String] {
        [
            "RIDER_DATA_DIR": folder.appendingPathComponent("data").path,
            "RIDER_HTTP_PORT": String(httpPort),
            "RIDER_TELEMETRY_ENDPOINT": "bind://127.0.0.1:\(telemetryPort)",
            "RIDER_WORKER_NAME": "test",
        ]
    }

    func rider(_ arguments: [String], _ more: [String: String] = [:]) throws -> RunningProcess {
        try RunningProcess(
            Checkout.rider, arguments, environment: environment.merging(more) { $1 }, directory: folder)
    }

    /// Runs a command to its end and returns its output, which must come with exit code 0.
    func output(_ arguments: [String], input: String? = nil) async throws -> String {
        let process = try rider(arguments)
        if let input { try process.write(input) }
        try process.closeInput()
        var lines: [String] = []
        for await line in process.lines { lines.append(line) }
        let status = await process.wait()
        try #require(status == 0, "rider \(arguments.joined(separator: " ")): \(process.standardError)")
        return lines.joined(separator: "\n")
    }

    func python(_ tool: String, _ arguments: [String]) throws -> RunningProcess {
        try RunningProcess(Checkout.python, [Checkout.tool(tool)] + arguments, directory: folder)
    }

    /// A stand-in that speaks what engines' servers speak; its first line is its port.
    func engineServer() throws -> RunningProcess {
        let script = Checkout.root.appendingPathComponent("Tests/RiderProvidersTests/engine_server.py").path
        return try RunningProcess(Checkout.python, [script], directory: folder)
    }

    /// A query with the foreign client, so that the file itself is judged and not our reader.
    func sqlite(_ sql: String) async throws -> [String] {
        let (lines, process) = try await ask(sql)
        let status = await process.wait()
        try #require(status == 0, "sqlite3: \(process.standardError)")
        return lines
    }

    private func ask(_ sql: String) async throws -> ([String], RunningProcess) {
        let process = try RunningProcess(
            "/usr/bin/sqlite3",
            ["-readonly", "-cmd", ".timeout 5000", journal.path, sql])
        try process.closeInput()
        var lines: [String] = []
        for await line in process.lines { lines.append(line) }
        return (lines, process)
    }

    /// Returns when a query's answer is this one line. One process looks again and again.
    func waitUntil(_ sql: String, is answer: String) async throws {
        let look = #"until [ "$(sqlite3 -readonly -cmd '.timeout 5000' "$0" "$1")" = "$2" ]; do sleep 0.05; done"#
        let process = try RunningProcess("/bin/sh", ["-c", look, journal.path, sql, answer])
        try process.closeInput()
        let status = await process.wait()
        try #require(status == 0, "sqlite3: \(process.standardError)")
    }

    func remove() {
        try? FileManager.default.removeItem(at: folder)
    }
}
