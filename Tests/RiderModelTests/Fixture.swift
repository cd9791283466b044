import Foundation
import RiderModel
import Testing

/// The contract's sample messages, read from the test bundle.
struct Fixture: Sendable, CustomTestStringConvertible {
    let file: String
    let kind: String
    let isValid: Bool
    let topic: String?
    let expectation: String?

    var testDescription: String { file }

    func bytes() throws -> [UInt8] {
        try Self.bytes(of: file)
    }

    static func bytes(of file: String) throws -> [UInt8] {
        let folder = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
        return try Array(Data(contentsOf: folder.appendingPathComponent(file)))
    }

    static func value(of file: String) throws -> JSONValue {
        try JSONValue(parsing: bytes(of: file))
    }

    /// Every entry of the index.
    static let all: [Fixture] = {
        guard let index = try? value(of: "index.json"), let entries = index["files"]?.array else { return [] }
        return entries.compactMap { entry in
            guard let file = entry["file"]?.string, let kind = entry["kind"]?.string, let valid = entry["valid"]?.bool
            else { return nil }
            return Fixture(
                file: file, kind: kind, isValid: valid, topic: entry["topic"]?.string,
                expectation: entry["expect"]?.string)
        }
    }()

    static func valid(_ kind: String) -> [Fixture] { all.filter { $0.isValid && $0.kind == kind } }

    /// Names of all files in the folder, those of subfolders with their path.
    static func filesOnDisk() throws -> Set<String> {
        let folder = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
        let files = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String } ?? []
        return Set(files.filter { $0.contains(".") && !$0.hasSuffix("index.json") })
    }
}
