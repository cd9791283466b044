import Foundation
import RiderModel
import Testing

@testable import RiderWorker

struct StartedTasksTests {
    private let path = URL.temporaryDirectory.appending(path: "rider-started-\(UUID().uuidString)").path

    @Test func whatWasBegunAndNotEndedIsFoundByTheNextWorker() throws {
        defer { try? FileManager.default.removeItem(atPath: path) }
        let running = ClaimedTask.Lease(position: 1 << 40, attempt: 25)
        do {
            let first = try StartedTasks(path: path, places: 2)
            #expect(first.leftBehind == nil)
            let place = first.begin(.init(position: 7, attempt: 1))
            _ = first.begin(running)
            // No place is left: the task is not noted.
            #expect(first.begin(.init(position: 8, attempt: 1)) == nil)
            first.end(place)
            first.end(nil)
        }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        #expect(try StartedTasks(path: path, places: 3).leftBehind == [running])
        #expect(try StartedTasks(path: path, places: 3).leftBehind == [])
    }

    @Test func aFolderThatIsMissingIsNamed() {
        #expect(throws: StartedTasks.Failure.self) { try StartedTasks(path: path + "/missing", places: 1) }
    }
}
