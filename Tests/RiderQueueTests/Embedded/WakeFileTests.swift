import Foundation
import Testing

@testable import RiderQueue

@Suite(.timeLimit(.minutes(1)))
struct WakeFileTests {
    private let folder = URL.temporaryDirectory.appending(path: "rider-wake-\(UUID().uuidString)")

    private var path: String { folder.appending(path: "queue.wake").path }
    private var exists: Bool { FileManager.default.fileExists(atPath: path) }

    private func makeFile() -> WakeFile { WakeFile(folder: folder.path, name: "queue.wake") }

    /// Runs `body` while every one of the files is watched and the file is not there: whoever touches it makes it anew.
    private func whileWatching(_ files: WakeFile..., body: () -> Void) async throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await withThrowingTaskGroup { group in
            for file in files {
                let (touches, sink) = AsyncStream.makeStream(of: Void.self)
                group.addTask { try await file.watch { sink.yield() } }
                // The first look, with which every watch begins.
                for await _ in touches { break }
            }
            unlink(path)
            body()
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    @Test func aLoneWatcherDoesNotWakeItself() async throws {
        let watcher = makeFile()
        try await whileWatching(watcher) {
            watcher.touch()
            #expect(!exists)
        }
        // It is nobody's watcher any more.
        try await whileWatching {
            watcher.touch()
            #expect(exists)
        }
    }

    @Test func whoDoesNotWatchTouches() async throws {
        try await whileWatching(makeFile()) {
            makeFile().touch()
            #expect(exists)
        }
    }

    @Test func twoWatchersWakeEachOther() async throws {
        let (first, second) = (makeFile(), makeFile())
        try await whileWatching(first, second) {
            first.touch()
            #expect(exists)
            unlink(path)
            second.touch()
            #expect(exists)
        }
    }
}
