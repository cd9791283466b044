import Foundation
import RiderMetrics

/// A scrape taken apart by line, for assertions.
struct ExpositionText {
    let text: String
    let lines: [String]

    init(_ registry: PrometheusRegistry) {
        self.init(registry.currentExposition())
    }

    init(_ bytes: [UInt8]) {
        text = String(decoding: bytes, as: UTF8.self)
        lines = text.split(separator: "\n").map(String.init)
    }

    /// The number behind a series written exactly so.
    subscript(series: String) -> String? {
        lines.first { $0.hasPrefix(series + " ") }.map { String($0.dropFirst(series.count + 1)) }
    }
}

/// Prometheus's own checker.
enum Promtool {
    static let path = "/usr/bin/promtool"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: path) }

    /// - Returns: what it complains about; empty when all is well.
    static func check(_ exposition: [UInt8]) throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "exposition-\(UUID().uuidString).txt")
        try Data(exposition).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let (status, text) = try run(["check", "metrics"], input: try FileHandle(forReadingFrom: file))
        return status == 0 ? text : "exit \(status): \(text)"
    }

    /// - Returns: the exit code, and what came on standard output and standard error.
    static func run(
        _ arguments: [String], input: FileHandle = .nullDevice
    ) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardInput = input
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: output, as: UTF8.self))
    }
}
