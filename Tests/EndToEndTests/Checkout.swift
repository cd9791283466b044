import Foundation

/// Where the test finds the program and the tools that people use.
enum Checkout {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The program under test: the one built beside the tests, or `RIDER_BINARY`.
    static var rider: String {
        get throws {
            if let binary = ProcessInfo.processInfo.environment["RIDER_BINARY"] { return binary }
            let tests = URL(
                fileURLWithPath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            return tests.deletingLastPathComponent().appendingPathComponent("rider").path
        }
    }

    /// Debian's Python, which has Debian's zmq and OpenCV.
    static let python = "/usr/bin/python3"

    static func tool(_ path: String) -> String {
        root.appendingPathComponent("tools").appendingPathComponent(path).path
    }

    /// A folder of the test's own.
    static func makeTemporaryFolder() throws -> URL {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("rider-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }
}
