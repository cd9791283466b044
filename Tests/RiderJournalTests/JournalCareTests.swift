import FoundationEssentials
import GRDB
import Glibc
import RiderModel
import TestSupport
import Testing

@testable import RiderJournal

@Suite struct JournalCareTests {
    private let place = TemporaryJournal()
    private let other = TemporaryJournal()

    private func undelivered(_ directory: String) async throws -> [Int64] {
        var query = JournalQuery()
        query.onlyUndelivered = true
        query.limit = 10_000
        return try await JournalReader(directory: directory).results(query).map(\.seq)
    }

    // MARK: - Prune

    @Test func pruningTakesDeliveredRowsAndOthersOnlyWhenAsked() async throws {
        try await place.use { journal in
            _ = try await journal.append((0..<100).map { entry(at: 1_000 + $0) })
            journal.recordDelivery([DeliveryRange(first: 11, last: 100, state: .brokerConfirmed)])
            let first = try await journal.prune(PruneRequest(before: UnixTime(milliseconds: 1_050)))
            #expect(first.delivered == 40)
            #expect(first.undelivered == 0)
            let request = PruneRequest(before: UnixTime(milliseconds: 1_050), includesUndelivered: true)
            let second = try await journal.prune(request)
            #expect(second.undelivered == 10)
            let sizes = try await journal.compact()
            #expect(sizes.after <= sizes.before)
        }
        #expect(place.counts.value("journal_rows_removed_total{reason=pruned}") == 40)
        #expect(place.counts.value("journal_rows_removed_total{reason=pruned_undelivered}") == 10)
        #expect(try place.sql(Int64.self, "SELECT min(seq) FROM result") == 51)
        let findings = try await JournalReader(directory: place.directory).verify()
        #expect(findings.isEmpty)
    }

    // MARK: - Backup

    @Test func aBackupBesideAWriterIsAWholeJournal() async throws {
        let target = other.directory
        try await place.use { journal in
            _ = try await journal.append((0..<500).map { _ in entry(bytes: 2_000) })
            try await DatabaseQueue(path: place.directory + "/samples.db").write {
                try $0.execute(sql: "CREATE TABLE sample (value REAL)")
            }
            async let writing = journal.append((0..<200).map { _ in entry() })
            let copies = try await JournalBackup(source: place.directory, target: target).run()
            #expect(copies.map(\.file) == ["journal.db", "samples.db"])
            _ = try await writing
            await #expect {
                try await JournalBackup(source: place.directory, target: target).run()
            } throws: {
                ($0 as? JournalError)?.code == .conflict
            }
        }
        let reader = JournalReader(directory: target)
        let stats = try await reader.stats()
        #expect(stats.rows >= 500)
        let findings = try await reader.verify()
        #expect(findings.isEmpty)
        var status = stat()
        #expect(stat(target + "/journal.db", &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: target).allSatisfy { !$0.contains("partial") })
    }

    @Test func aMissingJournalIsNotBackedUp() async {
        await #expect {
            try await JournalBackup(source: place.directory, target: other.directory).run()
        } throws: {
            ($0 as? JournalError)?.code == .notFound
        }
    }

    // MARK: - Salvage

    /// Overwrites pages in the middle of the file, as a failing disk does.
    private func damage(_ path: String, pages: [Int]) throws {
        let descriptor = Glibc.open(path, O_RDWR)
        defer { close(descriptor) }
        let noise = [UInt8](repeating: 0x5A, count: 4_096)
        for page in pages { #expect(pwrite(descriptor, noise, noise.count, off_t(page * 4_096)) == noise.count) }
    }

    @Test func aBadPageCostsOnlyItsRows() async throws {
        let publisherID = try await place.use { journal in
            _ = try await journal.append((0..<5_000).map { entry("task-\($0)", at: $0, bytes: 1_500) })
            journal.recordDelivery([DeliveryRange(first: 1, last: 4_000, state: .brokerConfirmed)])
            return journal.publisherID
        }
        try damage(place.resultsPath, pages: [700, 701, 1_500])
        let report = try await Salvage(source: place.resultsPath, target: other.directory).run { _ in }
        #expect(report.copied + report.lost == 5_000)
        #expect(report.lost > 0)
        #expect(report.copied > 4_900)
        let reader = JournalReader(directory: other.directory)
        let stats = try await reader.stats()
        #expect(stats.publisherID == publisherID)
        #expect(stats.rows == report.copied)
        let findings = try await reader.verify()
        #expect(findings.isEmpty, "\(findings.prefix(3))")
        // What was confirmed stays so, what was not is uncertain.
        let owed = try await undelivered(other.directory)
        #expect(owed.first ?? 0 > 4_000)
        #expect(owed.count >= 900)
        // The journal that was saved goes on where the old one ended.
        let next = try await other.use { try await $0.append([entry()]).map(\.seq) }
        #expect(next == [5_001])
    }

    @Test func aChangedBodyIsNotTakenForAGoodOne() async throws {
        try await place.use { _ = try await $0.append((0..<10).map { _ in entry(bytes: 600) }) }
        try place.change("UPDATE body SET bytes = zeroblob(600) WHERE seq = 4")
        let looked = try await Salvage(source: place.directory, target: other.directory).look { _ in }
        #expect(looked.copied == 9)
        #expect(!FileManager.default.fileExists(atPath: other.directory))
        let saved = try await Salvage(source: place.directory, target: other.directory).run { _ in }
        #expect(saved.lost == 1)
    }

    /// A journal with 5,000 rows, 300 outages and three replays, the last of which a process left running.
    private func makeHistory() async throws {
        try await place.use { journal in
            _ = try await journal.append((0..<5_000).map { entry("task-\($0)", at: $0) })
            journal.recordDelivery([DeliveryRange(first: 1, last: 5_000, state: .uncertain)])
            for run: Int64 in 1...3 {
                let plan = ReplayPlan(
                    kind: .replay, selection: "{}", first: 1, last: 5_000, selected: 5_000, hasProbe: true)
                #expect(try await journal.beginReplay(plan).id == run)
                // Scattered rows, so that the runs of states fill many pages; each fourth row is sent by nobody.
                journal.recordReplay(
                    run, position: 5_000,
                    ranges: stride(from: run, through: 5_000, by: 4).map {
                        DeliveryRange(first: $0, last: $0, state: .brokerConfirmed)
                    })
                if run < 3 { _ = try await journal.endReplay(run, isDone: true) }
            }
            try await journal.writeReports()
        }
        try place.change(
            """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
            INSERT INTO outage SELECT i, 'link_down', i * 10, i * 10, i * 10 + 5, i, i + 1, 1 FROM n
            """)
        try place.change("UPDATE outage SET ended_at = NULL, through_seq = NULL, rows = NULL WHERE id = 300")
        try place.change("UPDATE replay_run SET state = 0, ended_at = NULL WHERE id = 3")
        try place.change("INSERT OR REPLACE INTO meta VALUES ('worker_alive_at', 7000), ('worker_ended', 0)")
    }

    private static let sentByNobody = Array(stride(from: Int64(4), through: 5_000, by: 4))

    /// A page in the middle of a table, counted from 0.
    private func page(of table: String) throws -> Int {
        let pages = try place.sql(
            String.self,
            "SELECT group_concat(pageno) FROM (SELECT pageno FROM dbstat WHERE name = '\(table)' AND pagetype = 'leaf')"
        )
        let all = try #require(pages).split(separator: ",").compactMap { Int($0) }
        try #require(all.count > 2)
        return all[all.count / 2] - 1
    }

    @Test func outagesAndReplaysAreSavedAsWell() async throws {
        try await makeHistory()
        let looked = try await Salvage(source: place.directory, target: other.directory).look { _ in }
        let report = try await Salvage(source: place.directory, target: other.directory).run { _ in }
        #expect(looked.outages == 300)
        #expect(report.outages == 300)
        #expect(report.replays == 3)
        #expect(report.historyLost == 0)
        let (old, new) = (JournalReader(directory: place.directory), JournalReader(directory: other.directory))
        #expect(try await new.outages().dropFirst() == old.outages().dropFirst())
        let last = try #require(try await new.outages().first)
        #expect(last.endedAt == UnixTime(milliseconds: 4_999), "it ended with the last row at the latest")
        #expect(try await new.replayRuns().dropFirst() == old.replayRuns().dropFirst())
        #expect(try await new.replayRuns().first?.state == .stopped, "nobody runs it any more")
        for run: Int64 in 1...3 {
            #expect(
                try await new.replayAttempts(ofRun: run, limit: 10_000)
                    == old.replayAttempts(ofRun: run, limit: 10_000))
        }
        #expect(try await new.deliveryRanges() == old.deliveryRanges(), "a replay erases no first outcome")
        #expect(try await undelivered(other.directory) == Self.sentByNobody)
        #expect(try await new.verify().isEmpty)
        // The journal goes on with numbers that were not given out.
        let next = try await other.use {
            try await $0.beginReplay(
                .init(
                    kind: .replay, selection: "{}", first: 1, last: 1, selected: 1, hasProbe: true)
            ).id
        }
        #expect(next == 4)
    }

    @Test(arguments: ["outage", "replay_range", "best_attempt"])
    func aBadPageOfTheHistoryCostsOnlyWhatWasOnIt(table: String) async throws {
        try await makeHistory()
        try damage(place.resultsPath, pages: [try page(of: table)])
        let report = try await Salvage(source: place.directory, target: other.directory).run { _ in }
        #expect(report.copied == 5_000)
        #expect(report.lost == 0)
        #expect(report.historyLost > 0)
        #expect(report.replays == 3)
        let reader = JournalReader(directory: other.directory)
        switch table {
        case "outage":
            #expect(report.outages + report.historyLost == 300)
            #expect(report.outages > 100)
        case "best_attempt":
            // Put together again from what each replay did.
            #expect(try await undelivered(other.directory) == Self.sentByNobody)
        default:
            let known = try await reader.replayAttempts(ofRun: 2, limit: 10_000)
            #expect(known.count > 500)
            #expect(try await undelivered(other.directory) == Self.sentByNobody)
        }
        #expect(try await reader.verify().isEmpty)
    }

    @Test func whatIsNoJournalIsSaidSo() async throws {
        try FileManager.default.createDirectory(atPath: place.directory, withIntermediateDirectories: true)
        try Data(repeating: 0x55, count: 8_192).write(to: URL(filePath: place.resultsPath))
        await #expect(throws: JournalError.self) {
            try await Salvage(source: place.resultsPath, target: other.directory).run { _ in }
        }
        #expect(!FileManager.default.fileExists(atPath: other.directory + "/journal.db"))
    }

    // MARK: - Import

    @Test func rowsOfAnotherJournalKeepTheirNamesAndAreTakenOnce() async throws {
        let foreign = try await other.use { journal in
            _ = try await journal.append((0..<600).map { entry("old-\($0)", at: 1_000 + $0) })
            journal.recordDelivery([
                DeliveryRange(first: 1, last: 10, state: .brokerConfirmed),
                DeliveryRange(first: 11, last: 20, state: .noSubscriber),
            ])
            journal.recordAcknowledged(upTo: 30, superseded: [30])
            return journal.publisherID
        }
        try await place.use { journal in
            _ = try await journal.append([entry("new", at: 9_000)])
            let trial = try await journal.importRows(from: other.directory, isTrial: true)
            #expect(trial.copied == 600)
            #expect(try await journal.reader.stats().rows == 1)
            let first = try await journal.importRows(from: other.directory)
            #expect(first.copied == 600)
            let again = try await journal.importRows(from: other.resultsPath)
            #expect(again.known == 600)
            #expect(again.copied == 0)
            // Live rows go on without a gap in their topic, and behind what was taken in.
            let records = try await journal.append([entry(at: 9_500)])
            #expect(records.map(\.seq) == [602])
            #expect(records.map(\.topicSeq) == [2])
        }
        let reader = JournalReader(directory: place.directory)
        let findings = try await reader.verify()
        #expect(findings.isEmpty, "\(findings.prefix(3))")
        var query = JournalQuery()
        query.taskID = "old-14"
        let row = try #require(try await reader.results(query).first)
        #expect(row.origin == RowOrigin(publisherID: foreign, seq: 15, topicSeq: 15))
        #expect(row.state == .noSubscriber)
        query.taskID = "old-599"
        #expect(try await reader.results(query).first?.state == .uncertain)
        query.taskID = "old-5"
        #expect(try await reader.results(query).first?.isDelivered == true)
        // Of 600 ten had arrived and one is superseded; of the two of this journal both are not sent yet.
        #expect(try await undelivered(place.directory).count == 591)
        #expect(try await reader.seq(atOrAfter: UnixTime(milliseconds: 9_000)) == 1)
        var times = JournalQuery()
        times.until = UnixTime(milliseconds: 1_100)
        times.limit = 1_000
        #expect(try await reader.results(times).count == 100)
    }

    @Test func aBackupBringsBackWhatWasRemoved() async throws {
        try await place.use { journal in
            _ = try await journal.append((0..<50).map { entry(at: 1_000 + $0) })
            journal.recordDelivery([DeliveryRange(first: 1, last: 50, state: .brokerConfirmed)])
        }
        _ = try await JournalBackup(source: place.directory, target: other.directory).run()
        try await place.use { journal in
            _ = try await journal.prune(PruneRequest(before: UnixTime(milliseconds: 1_030)))
            #expect(try await journal.reader.stats().rows == 20)
            let report = try await journal.importRows(from: other.directory)
            #expect(report.copied == 30)
            #expect(report.known == 20)
        }
        let results = try await JournalReader(directory: place.directory).results(JournalQuery())
        #expect(results.map(\.seq) == Array(1...50))
        #expect(results.map(\.topicSeq) == Array(1...50))
        #expect(results.allSatisfy { $0.isDelivered && $0.origin == nil })
        let findings = try await JournalReader(directory: place.directory).verify()
        #expect(findings.isEmpty, "\(findings.prefix(3))")
    }

    @Test func anotherBodyUnderAKnownNameIsAConflictAndChangesNothing() async throws {
        try await place.use { _ = try await $0.append((0..<3).map { _ in entry() }) }
        _ = try await JournalBackup(source: place.directory, target: other.directory).run()
        try await place.use { _ = try await $0.append([entry("here", bytes: 30)]) }
        try await other.use { _ = try await $0.append([entry("there", bytes: 40)]) }
        try await place.use { journal in
            let report = try await journal.importRows(from: other.directory)
            #expect(report.conflicts == 1)
            #expect(report.known == 3)
        }
        #expect(try place.sql(String.self, "SELECT task_id FROM result WHERE seq = 4") == "here")
    }

    // MARK: - From damage to a whole journal

    @Test func aDamagedJournalIsSetAsideSalvagedAndTakenInAgain() async throws {
        try await place.use { _ = try await $0.append((0..<2_000).map { entry("task-\($0)", bytes: 1_500) }) }
        try damage(place.resultsPath, pages: [300])
        // The header's schema page tells SQLite at once; a page in the middle only when it is read.
        let saved = try await Salvage(source: place.resultsPath, target: other.directory).run { _ in }
        try damage(place.resultsPath, pages: [0])
        try await place.use { journal in
            #expect(journal.recovery.setAside.count == 1)
            let report = try await journal.importRows(from: other.directory)
            #expect(report.copied == saved.copied)
        }
        try await place.use { #expect($0.recovery.setAside.isEmpty, "the new file is whole: no loop") }
    }
}

/// A journal in a folder that cannot be written is refused with words.
@Suite(.enabled(if: geteuid() != 0, "as root permissions do not bind")) struct ReadOnlyFolderTests {
    @Test func aFolderThatCannotBeWrittenIsSaidSo() async throws {
        let place = TemporaryJournal()
        try await place.use { _ = try await $0.append([entry()]) }
        chmod(place.directory, 0o500)
        defer { chmod(place.directory, 0o700) }
        await #expect {
            try await place.open()
        } throws: {
            ($0 as? JournalError)?.code == .unavailable
        }
    }
}
