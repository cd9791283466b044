import Foundation
import RiderModel
import TestSupport
import Testing

/// `tools/robot/robot_http.py`: answers as a robot does, and says what it was asked.
final class StandIn: Sendable {
    private let process: ForeignProcess
    let port: Int

    var url: String { "http://127.0.0.1:\(port)" }

    init(_ arguments: String...) async throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        process = try ForeignProcess(
            script: root.appendingPathComponent("tools/robot/robot_http.py").path, arguments)
        let first = try JSONValue(parsing: Array(try await process.nextLine().utf8))
        port = try #require(first["port"]?.int)
    }

    /// Reads until a line fits, and returns it.
    @discardableResult
    func line(_ fits: (JSONValue) -> Bool) async throws -> JSONValue {
        while true {
            let text = try await process.nextLine()
            if let line = try? JSONValue(parsing: Array(text.utf8)), fits(line) { return line }
        }
    }

    /// Reads until a path is asked for.
    @discardableResult
    func request(_ path: String) async throws -> JSONValue {
        try await line { $0["path"] == .string(path) }
    }

    /// Changes how it answers; returns when that is in force.
    func obey(_ command: JSONValue) async throws {
        try process.write(String(decoding: command.encoded, as: UTF8.self))
        try await line { $0["done"] == true }
    }
}
