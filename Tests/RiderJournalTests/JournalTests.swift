import FoundationEssentials
import Glibc
import RiderModel
import TestSupport
import Testing

@testable import RiderJournal

@Suite struct JournalTests {
    private let place = TemporaryJournal()

    @Test func numbersGoOnWithoutGapsOverFiveReopenings() async throws {
        var expected: Int64 = 0
        var publisherIDs: Set<String> = []
        for _ in 0..<5 {
            try await place.use { journal in
                publisherIDs.insert(journal.publisherID)
                #expect(journal.lastSeqAtOpen == expected)
                let records = try await journal.append([entry(topic: .voice), entry(topic: .text), entry(topic: .text)])
                #expect(records.map(\.seq) == [expected + 1, expected + 2, expected + 3])
                #expect(records.map(\.topicSeq) == [expected / 3 + 1, expected / 3 * 2 + 1, expected / 3 * 2 + 2])
                expected += 3
            }
        }
        #expect(publisherIDs.count == 1)
        #expect(publisherIDs.first?.count == 32)
        #expect(try await JournalReader(directory: place.directory).verify().isEmpty)
    }

    @Test func appendsThatArriveTogetherShareACommit() async throws {
        let journal = try await place.open()
        // The writer is started when all of them wait.
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask { _ = try await journal.append([entry("task-\(number)")]) }
            }
            while journal.inbox.waitingRows() < 50 { await Task.yield() }
            group.addTask { try await journal.run() }
            for _ in 0..<50 { try await group.next() }
            journal.inbox.stop()
            try await group.waitForAll()
        }
        #expect(place.counts.value("journal_commits_total") == 1)
        #expect(place.counts.value("journal_rows_total") == 50)
    }

    @Test func rowsOfALostLeaseAreNotReadAgain() async throws {
        try await place.use { journal in
            _ = try await journal.append((0..<4).map { entry("task-\($0)") })
            journal.recordAcknowledged(upTo: 2, superseded: [2])
            // The mark is written with the next commit; before and after it the row is passed over.
            let before = try await journal.rows(from: 1, limit: 10)
            #expect(before.map(\.seq) == [1, 3, 4])
            _ = try await journal.append([entry()])
            let after = try await journal.rows(from: 1, limit: 3)
            #expect(after.map(\.seq) == [1, 3, 4])
            #expect(try await journal.rows(from: 2, limit: 1).map(\.seq) == [3])
        }
    }

    @Test func appendersBeyondTheLimitWaitForRoomAndGoOn() async throws {
        var configuration = TemporaryJournal.configuration
        configuration.maxWaitingRows = 4
        configuration.commitRows = 4
        let journal = try await place.open(configuration)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<10 { group.addTask { _ = try await journal.append([entry(), entry()]) } }
            while journal.inbox.blockedAppends() < 8 { await Task.yield() }
            #expect(journal.inbox.waitingRows() == 4)
            group.addTask { try await journal.run() }
            for _ in 0..<10 { try await group.next() }
            journal.inbox.stop()
            try await group.waitForAll()
        }
        #expect(place.counts.value("journal_rows_total") == 20)
        #expect(place.counts.value("journal_commits_total") == 5)
    }

    @Test func anAppenderCancelledWhileItWaitsForRoomLeavesNothing() async throws {
        var configuration = TemporaryJournal.configuration
        configuration.maxWaitingRows = 1
        let journal = try await place.open(configuration)
        async let first = journal.append([entry("first")])
        while journal.inbox.waitingRows() < 1 { await Task.yield() }
        let second = Task { try await journal.append([entry("second")]) }
        while journal.inbox.blockedAppends() < 1 { await Task.yield() }
        second.cancel()
        await #expect {
            try await second.value
        } throws: {
            ($0 as? JournalError)?.code == .cancelled
        }
        async let running: Void = journal.run()
        #expect(try await first.count == 1)
        journal.inbox.stop()
        try await running
        #expect(try place.sql(Int.self, "SELECT count(*) FROM result") == 1)
    }

    @Test func cancellationWritesWhatWaitsAndGivesTheLockBack() async throws {
        let journal = try await place.open()
        let appending = Task { try await journal.append([entry()]) }
        while journal.inbox.waitingRows() < 1 { await Task.yield() }
        journal.recordDelivery([DeliveryRange(first: 1, last: 1, state: .handedOff)])
        let running = Task { try await journal.run() }
        running.cancel()
        try await running.value
        #expect(try await appending.value.map(\.seq) == [1])
        #expect(try place.sql(Int.self, "SELECT state FROM delivery WHERE first = 1") == 2)
        await #expect {
            try await journal.append([entry()])
        } throws: {
            ($0 as? JournalError)?.code == .closed
        }
        _ = try await place.open()
    }

    @Test func aSecondWriterIsToldWhoHoldsTheJournal() async throws {
        let journal = try await place.open()
        await #expect {
            try await place.open()
        } throws: { error in
            guard let error = error as? JournalError else { return false }
            return error.code == .locked && error.message.contains("process \(getpid()) (test)")
        }
        withExtendedLifetime(journal) {}
    }

    @Test func aBodyBeyondTheLimitIsRefusedByName() async throws {
        var configuration = TemporaryJournal.configuration
        configuration.maxBodyBytes = 100
        try await place.use(configuration) { journal in
            await #expect {
                try await journal.append([entry(), entry(bytes: 101)])
            } throws: { error in
                guard let error = error as? JournalError else { return false }
                return error.code == .tooLarge && error.message.contains("journal.max_body_bytes (100)")
            }
            let records = try await journal.append([entry(bytes: 100)])
            #expect(records.map(\.seq) == [1])
        }
    }

    @Test func filesAreTheirOwnersAlone() async throws {
        try await place.use { journal in
            _ = try await journal.append([entry()])
            #expect(mode(place.directory) == 0o700)
            for name in [
                "journal.db", "journal.db-wal", "journal.db-shm", "journal.db.ballast", "journal.lock",
            ] {
                #expect(mode(place.directory + "/" + name) == 0o600, "\(name)")
            }
        }
    }

    @Test func theSystemsOwnSQLiteReadsIt() async throws {
        try await place.use { _ = try await $0.append([entry("hello"), entry("world")]) }
        let pipe = popen("sqlite3 '\(place.resultsPath)' 'SELECT group_concat(task_id) FROM result'", "r")
        let output = try #require(pipe)
        var bytes: [UInt8] = []
        while case let byte = fgetc(output), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
        #expect(pclose(output) == 0)
        #expect(String(decoding: bytes, as: UTF8.self) == "hello,world\n")
    }

    @Test func aReaderSeesCommitsBesideTheWriter() async throws {
        try await place.use { journal in
            let reader = JournalReader(directory: place.directory)
            for round in 1...3 {
                _ = try await journal.append((0..<400).map { entry("task-\(round)-\($0)", bytes: 200) })
                let rows = try await reader.rows(from: 1, limit: 5_000)
                #expect(rows.map(\.seq) == Array(1...Int64(400 * round)))
            }
            #expect(try await journal.rows(from: 1_100, limit: 10).map(\.seq) == Array(1_100...1_109))
            #expect(try await journal.rows(from: 1, limit: 100, maxBytes: 500).count == 3)
        }
    }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }
}
