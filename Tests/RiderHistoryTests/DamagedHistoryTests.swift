import FoundationEssentials
import GRDB
import Metrics
import RiderMetrics
import RiderModel
import Testing

@testable import RiderHistory

@Suite struct DamagedHistoryTests {
    private let registry = PrometheusRegistry(declarations: [], includesProcess: false)

    private func asides(_ history: TemporaryHistory) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: history.directory).filter { $0.contains(".broken-") }
    }

    @Test func `a damaged file is set aside at the start and a new one begun`() async throws {
        let history = try TemporaryHistory()
        try Data(repeating: 0x55, count: 8_192).write(to: URL(filePath: history.path))
        Gauge(label: "level", factory: registry).record(1)
        var sampling = Sampling(history, registry, history.store())
        let round = await sampling.round()
        #expect(round != nil)
        #expect(try asides(history).count == 1)
        #expect(history.count("metrics_sample_files_set_aside_total") == 1)
    }

    @Test func `a file that is damaged while it is written is set aside, and the next round is kept`() async throws {
        let history = try TemporaryHistory()
        Gauge(label: "level", factory: registry).record(1)
        var sampling = Sampling(history, registry, history.store())
        for _ in 0..<3 { _ = await sampling.round() }
        await sampling.store.close()
        // Root page of a table, and everything behind it.
        let handle = try #require(FileHandleOnPath(history.path))
        handle.overwrite(from: 4096, with: 0xAA)
        sampling = Sampling(history, registry, history.store())
        for _ in 0..<3 { _ = await sampling.round() }
        #expect(!sampling.expected.isEmpty)
        #expect(try asides(history).count >= 1)
        #expect(try history.rebuilt().count == sampling.expected.count)
    }

    @Test func `a damaged block is left out and counted, the others are read`() async throws {
        let history = try TemporaryHistory()
        Gauge(label: "level", factory: registry).record(1)
        var sampling = Sampling(history, registry, history.store())
        for _ in 0..<SampleStore.roundsPerChunk { _ = await sampling.round() }
        await sampling.store.close()
        let level = try #require(try history.sql(Int64.self, "SELECT id FROM series WHERE name = 'level'"))
        try history.change("UPDATE block SET bytes = zeroblob(length(bytes)) WHERE id & 16777215 = \(level)")
        let reader = SampleReader(directory: history.directory)
        let plan = try reader.plan()
        var points = 0
        for group in SampleGroup.grouping(try reader.series()) {
            try reader.read(group, in: plan) { block in points += block.wanted.count }
        }
        // The registry's own three counters.
        #expect(points == 3 * SampleStore.roundsPerChunk)
        #expect(reader.damagedBlocks == 1)
    }

    @Test func `without room rounds are lost and counted, and come again with room`() async throws {
        let history = try TemporaryHistory()
        let gauges = (0..<50).map { Gauge(label: "level", dimensions: [("n", "\($0)")], factory: registry) }
        var configuration = HistoryConfiguration()
        // Never crowded, so that nothing makes room.
        configuration.maxBytes = 64 * 4096
        var sampling = Sampling(history, registry, history.store(configuration))
        var lost = 0
        for number in 0..<600 {
            for gauge in gauges { gauge.record(1 / Double(number + 3)) }
            if await sampling.round() == nil { lost += 1 }
        }
        #expect(lost > 0)
        #expect(history.count(#"metrics_sample_rounds_lost_total{reason="full"}"#) == lost)
        while await sampling.store.maintain() {}
        #expect(await sampling.round() != nil)
    }

    @Test func `without history a reader says where it would come from`() throws {
        let history = try TemporaryHistory()
        #expect {
            _ = try SampleReader(directory: history.directory).series()
        } throws: { error in
            (error as? HistoryError)?.code == .missing && "\(error)".contains("metrics.sample_seconds")
        }
    }
}

/// Writes into a file past its owner.
private struct FileHandleOnPath {
    let url: URL

    init?(_ path: String) {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        url = URL(filePath: path)
    }

    func overwrite(from offset: Int, with byte: UInt8) {
        guard var data = try? Data(contentsOf: url) else { return }
        for index in offset..<data.count { data[index] = byte }
        try? data.write(to: url)
    }
}
