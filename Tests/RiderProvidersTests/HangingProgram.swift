import Foundation
import Testing

@testable import RiderProviders

/// A program with a child that both never end, and a way to see that they have ended: they hold a pipe open.
struct HangingProgram {
    private let folder: String

    /// The script, for the shell.
    var path: String { folder + "/hang" }

    init(_ folder: String) throws {
        self.folder = folder
        try """
        exec 9> \(folder)/life
        echo begun > \(folder)/begun
        sleep 1000 &
        wait
        """.write(toFile: folder + "/hang", atomically: true, encoding: .utf8)
        try #require(mkfifo(folder + "/life", 0o600) == 0)
    }

    /// Runs it under a time limit that is long enough for it to begin, however slow the machine is, and returns when nothing of it
    /// is left.
    func outlive(_ body: (Duration) async throws -> Void) async throws {
        let (folder, files) = (folder, FileManager.default)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                // Opens when the program does, and ends when the last process with the pipe has ended.
                _ = try await CommandRun(command: ["cat", folder + "/life"], maximumOutputBytes: 100).run()
            }
            for seconds in [1, 4, 16, 64] where !files.fileExists(atPath: folder + "/begun") {
                try await body(.seconds(seconds))
            }
            if !files.fileExists(atPath: folder + "/begun") {
                Issue.record("the program never began")
                group.cancelAll()
            }
            try await group.waitForAll()
        }
    }
}
