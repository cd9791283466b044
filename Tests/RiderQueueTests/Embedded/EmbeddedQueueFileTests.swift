import Foundation
import GRDB
import RiderModel
import Testing

@testable import RiderQueue

/// What the embedded queue does with files: modes, crashes, other programs, other versions, damage.
@Suite(.timeLimit(.minutes(2)))
struct EmbeddedQueueFileTests {
    private func withStore(_ body: (EmbeddedStore) async throws -> Void) async throws {
        let store = try EmbeddedStore()
        defer { try? store.remove() }
        try await body(store)
    }

    private func mode(_ path: String) throws -> Int {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return try #require(attributes[.posixPermissions] as? Int)
    }

    /// The file and its write-ahead log as they are on the disk at this moment: what a killed process leaves.
    private func copyAsLeftByAKill(_ store: EmbeddedStore) throws -> EmbeddedStore {
        let copy = try EmbeddedStore()
        try FileManager.default.createDirectory(at: copy.folder, withIntermediateDirectories: true)
        // By another process: closing the file in this one would drop the locks its connection holds.
        _ = try run("cp", store.path, store.path + "-wal", copy.folder.path)
        return copy
    }

    @Test func foldersAndFilesAreThereForTheirOwnerOnly() async throws {
        try await withStore { store in
            let path = store.folder.appending(path: "deep/er/tasks.db").path
            let queue = try await EmbeddedQueue(path: path, owner: "worker")
            try await queue.put("a")
            #expect(try mode(store.folder.appending(path: "deep").path) == 0o700)
            #expect(try mode(store.folder.appending(path: "deep/er").path) == 0o700)
            for name in ["tasks.db", "tasks.db-wal", "tasks.db-shm", "tasks.lock", "tasks.wake"] {
                #expect(try mode(store.folder.appending(path: "deep/er/\(name)").path) == 0o600, "\(name)")
            }
        }
    }

    @Test func aFileThatOthersCouldReadIsClosedToThem() async throws {
        try await withStore { store in
            try await store.openEmbedded().close()
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: store.path)
            let queue = try await store.openEmbedded()
            try await queue.put("a")
            #expect(try mode(store.path) == 0o600)
        }
    }

    @Test func whatAKilledProcessHeldComesBack() async throws {
        try await withStore { store in
            let killed = try await store.openEmbedded("pc")
            try await killed.put("done", "held", "waiting")
            let tasks = try await killed.claim(2)
            #expect(try await killed.acknowledge([tasks[0]]) == [])

            let left = try copyAsLeftByAKill(store)
            defer { try? left.remove() }
            let restarted = try await left.openEmbedded("pc")
            #expect(try await restarted.recoverOwnLeases(WorkerRemains()).returned == 1)
            let again = try await restarted.claim()
            #expect(again.ids == ["held", "waiting"])
            #expect(again.map(\.attempt) == [2, 1])
            // Positions go on where they were.
            try await restarted.put("new")
            let new = try await restarted.claim()
            #expect(try #require(new.first).lease.position > again[1].lease.position)
            try left.audit()
        }
    }

    @Test func aClosedQueueLeavesOneFileWithEverythingInIt() async throws {
        try await withStore { store in
            let queue = try await store.openEmbedded()
            try await queue.put("a", "b")
            await queue.close()
            await #expect(throws: QueueError.self) { try await queue.stats() }
            await #expect(throws: QueueError.self) { try await queue.waitForWork(in: [.text]) }
            #expect(!FileManager.default.fileExists(atPath: store.path + "-wal"))
            #expect(try await store.openEmbedded().claim().ids == ["a", "b"])
        }
    }

    @Test func peopleCanReadTheFileWithSQLitesOwnTool() async throws {
        try await withStore { store in
            let queue = try await store.openEmbedded()
            try await queue.put("a", "b", priority: 7)
            _ = try await queue.claim(1)
            let output = try sqlite(
                store.path,
                """
                SELECT t.task_id, json_extract(t.envelope, '$.priority'), l.owner FROM task t
                LEFT JOIN leased l USING (position) ORDER BY position;
                """)
            #expect(output == "a|7|worker\nb|7|\n")
            #expect(try sqlite(store.path, "PRAGMA integrity_check;") == "ok\n")
        }
    }

    @Test func aClaimWritesNoBodies() async throws {
        try await withStore { store in
            let queue = try await store.openEmbedded()
            _ = try await queue.enqueue(try (0..<40).map { NewTask(try envelope("f\($0)", bytes: 64 << 10)) })
            await queue.close()

            let reopened = try await store.openEmbedded()
            let claimed = try await reopened.claim(40)
            try await reopened.giveBack(claimed.map(\.lease))
            let log = try FileManager.default.attributesOfItem(atPath: store.path + "-wal")
            let written = try #require(log[.size] as? Int)
            // 2.6 MB of bodies were read; a few pages of small rows were written.
            #expect(written < 200_000)
        }
    }

    @Test func bytesThatWereChangedByHandBecomeADeadLetter() async throws {
        try await withStore { store in
            let queue = try await store.openEmbedded()
            try await queue.put("bad", "good")
            _ = try sqlite(store.path, "UPDATE task SET envelope = x'7b7d' WHERE task_id = 'bad';")
            let outcome = try await queue.cycle(acknowledging: [], claiming: .up(to: 9))
            #expect(outcome.tasks.ids == ["good"] && outcome.died == 1)
            let letter = try #require(try await queue.deadLetters(limit: 1).first)
            #expect(letter.taskID == "bad" && letter.reason.contains("task_id"))
            try store.audit()
        }
    }

    @Test func aFileOfANewerProgramIsLeftAlone() async throws {
        try await withStore { store in
            try await store.openEmbedded().close()
            _ = try sqlite(store.path, "INSERT INTO grdb_migrations VALUES ('queue_999_future');")
            let error = await #expect(throws: QueueError.self) { try await store.openEmbedded() }
            #expect(error?.code == .incompatible)
            #expect(error?.message.contains(store.path) == true)
        }
    }

    @Test func aDamagedFileIsNamed() async throws {
        try await withStore { store in
            try FileManager.default.createDirectory(at: store.folder, withIntermediateDirectories: true)
            try Data(repeating: 0x41, count: 8192).write(to: URL(filePath: store.path))
            let error = await #expect(throws: QueueError.self) { try await store.openEmbedded() }
            #expect(error?.code == .corrupt)
            #expect(error?.message.contains(store.path) == true)
        }
    }

    @Test func aFolderThatCannotBeMadeIsNamed() async throws {
        let error = await #expect(throws: QueueError.self) {
            try await EmbeddedQueue(path: "/dev/null/rider/queue.sqlite", owner: "worker")
        }
        #expect(error?.code == .unavailable)
        #expect(error?.message.contains("/dev/null/rider") == true)
    }

    @Test func aFullDiskKeepsAllThatWasThere() async throws {
        try await withStore { store in
            let queue = try await store.openEmbedded()
            try await queue.put("a")
            await queue.close()
            try overfill(store)
            try store.audit()
        }
    }

    /// The limit belongs to a connection, so this needs the part below the actor.
    private func overfill(_ store: EmbeddedStore) throws {
        let database = try QueueDatabase(path: QueuePath(store.path), owner: "worker", configuration: .testing)
        try database.connection.writeWithoutTransaction { try $0.execute(sql: "PRAGMA max_page_count = 60") }
        let batch = try (0..<20).map { NewTask(try envelope("large\($0)", bytes: 64 << 10)) }
        let error = #expect(throws: DatabaseError.self) { try database.enqueue(batch, now: store.time.now) }
        #expect(QueueError(try #require(error), whileTrying: "put tasks into", store.path).code == .storageFull)
        #expect(try database.list(limit: 9).map(\.id) == ["a"])
        #expect(try database.enqueue([try task("b")], now: store.time.now).outcomes == [.queued])
    }

    @Test func theLogIsCopiedWhenThereIsTimeAndAtTheLatestWhenItIsLong() async throws {
        try await withStore { store in
            let database = try QueueDatabase(path: QueuePath(store.path), owner: "worker", configuration: .testing)
            func put(_ id: String, kibibytes: Int) throws {
                _ = try database.enqueue([NewTask(try envelope(id, bytes: kibibytes << 10))], now: store.time.now)
            }
            func fileSize() throws -> Int {
                try FileManager.default.attributesOfItem(atPath: store.path)[.size] as? Int ?? 0
            }
            let empty = try fileSize()
            try put("short", kibibytes: 100)
            try database.rest()
            #expect(try fileSize() == empty)
            try put("worthwhile", kibibytes: 1024)
            #expect(try fileSize() == empty)
            try database.rest()
            let copied = try fileSize()
            #expect(copied > empty + 1024 << 10)
            for index in 0..<9 { try put("long\(index)", kibibytes: 1024) }
            #expect(try fileSize() > copied + 7 << 20)
        }
    }

    @Test func anotherProcessIsWokenByATouchOfTheWakeFile() async throws {
        try await withStore { store in
            let queue = try await store.openEmbedded()
            try await withThrowingTaskGroup { group in
                group.addTask { try await queue.run() }
                for index in 0..<3 {
                    async let waiting: Void = queue.waitForWork(in: [.text])
                    // As the C program of a stranger would: a task and a touch.
                    let producer = try QueueDatabase(
                        path: QueuePath(store.path), owner: "stranger", configuration: .testing)
                    _ = try producer.enqueue([try task("t\(index)")], now: store.time.now)
                    // A person may remove the file at any time.
                    unlink(store.folder.appending(path: "queue.wake").path)
                    QueuePath(store.path).wake.touch()
                    try await waiting
                    #expect(try await queue.acknowledge(try await queue.claim()) == [])
                }
                group.cancelAll()
            }
        }
    }

    @Test func aLockThatIsNotGivenBackIsReported() async throws {
        try await withStore { store in
            try QueuePath(store.path).prepare()
            let path = QueuePath(store.path).lock
            let holder = try WriteLock(path: path)
            let other = try WriteLock(path: path, patience: .milliseconds(20))
            try holder.hold {
                let error = #expect(throws: QueueError.self) { try other.hold {} }
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains(path) == true)
            }
            try other.hold {}
        }
    }

    private func sqlite(_ path: String, _ sql: String) throws -> String {
        try run("sqlite3", path, sql)
    }

    private func run(_ command: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: output, as: UTF8.self)
    }
}
