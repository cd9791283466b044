import FoundationEssentials
import Glibc
import RiderModel
import TestSupport
import Testing

@testable import RiderJournal

private let smallDisk = ProcessInfo.processInfo.environment["RIDER_SMALL_DISK"]

/// Needs a small file system of its own, which `tools/test` mounts in a namespace. By hand, and root or not:
///
///     mkdir -p /tmp/small && unshare -rm sh -c 'mount -t tmpfs -o size=16m tmpfs /tmp/small &&
///         RIDER_SMALL_DISK=/tmp/small swift test --filter FullDiskTests'
@Suite(.enabled(if: smallDisk != nil, "RIDER_SMALL_DISK names no small file system")) struct FullDiskTests {
    @Test func aFullDiskDoesNotStopTheJournal() async throws {
        let disk = try #require(smallDisk)
        let place = TemporaryJournal(directory: disk + "/data")
        let filler = disk + "/filler"
        try await place.use { journal in
            for _ in 0..<10 { _ = try await journal.append((0..<32).map { _ in entry(bytes: 4_000) }) }
            // Somebody else takes what is left, to the last block.
            let handle = Glibc.open(filler, O_WRONLY | O_CREAT, 0o600)
            let block = [UInt8](repeating: 1, count: 65_536)
            while write(handle, block, block.count) > 0 {}
            close(handle)

            for _ in 0..<200 {
                let records = try await journal.append((0..<32).map { _ in entry(bytes: 4_000) })
                #expect(records.count == 32)
            }
        }
        #expect(place.counts.value("journal_rows_removed_total{reason=quota_undelivered}") > 1_000)
        #expect(try await JournalReader(directory: place.directory).verify().isEmpty)
        // With room again the reserve and the quota come back.
        try FileManager.default.removeItem(atPath: filler)
        try await place.use { _ = try await $0.append([entry()]) }
        #expect(FileManager.default.fileExists(atPath: place.resultsPath + ".ballast"))
    }
}
