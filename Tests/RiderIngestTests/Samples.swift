import Foundation
import RiderModel

/// The contract's sample messages; they live beside the model's tests.
enum Samples {
    private static let folder = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("RiderModelTests/Fixtures")

    static func path(_ file: String) -> String { folder.appendingPathComponent(file).path }

    static func bytes(_ file: String) throws -> [UInt8] {
        try Array(Data(contentsOf: URL(fileURLWithPath: path(file))))
    }

    static func value(_ file: String) throws -> JSONValue {
        try JSONValue(parsing: bytes(file))
    }

    /// Files of messages from the robot, as the index names them.
    static func files(valid: Bool) -> [String] {
        let entries = (try? value("index.json"))?["files"]?.array ?? []
        return entries.filter { entry in
            entry["valid"]?.bool == valid && entry["kind"] == "topic"
                && (valid ? entry["direction"] == "Pi->PC" : true)
        }
        .compactMap { $0["file"]?.string }
    }

    static func topic(of file: String) throws -> String {
        let entries = try value("index.json")["files"]?.array ?? []
        return entries.first { $0["file"]?.string == file }?["topic"]?.string ?? ""
    }

    static func message(_ file: String) throws -> BusMessage {
        try BusMessage(frames: [Array(topic(of: file).utf8), bytes(file)])
    }

    static func message(_ topic: String, _ body: JSONValue) throws -> BusMessage {
        try BusMessage(frames: [Array(topic.utf8), body.encoded])
    }
}
