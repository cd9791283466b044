import CoreMetrics
import FoundationEssentials
import GRDB
import Logging
import RiderExecution
import RiderJournal
import RiderMetrics
import RiderModel

/// Writes metric history. Nothing that happens to its file reaches anybody else: a round that cannot be written is counted
/// and missing, a damaged file is set aside and a new one begun.
package actor SampleStore {
    /// Rounds in a chunk: long enough that a block costs little besides its values, short enough that the last ones, which
    /// are read row by row, are few.
    static let roundsPerChunk = 240
    /// A clock that was set back by less than this is waited for; otherwise a new chunk begins.
    private static let toleratedStepBack: Int64 = 1_000

    /// What changed in a round.
    package struct Round: Sendable {
        let run: Int64
        let at: UnixTime
        /// By the series' Prometheus name with its labels; absent when the series has gone.
        let changes: [(name: String, value: Double)]
    }

    private nonisolated let executor = ThreadExecutor(name: "samples")
    package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    private let directory: String
    let configuration: HistoryConfiguration
    let logger: Logger
    let metrics: HistoryMetrics
    private let time: TimeSource

    private(set) var file: SamplesFile?
    private var book: SeriesBook
    private var run: Int64 = 0
    private var nextRound: Int64 = 0
    /// Rounds in `recent`, and the bytes of their changes.
    private var recentCount = 0
    private var recentBytes: Int64 = 0
    private var lastAt: Int64 = .min
    /// The last trouble that was logged: the same one is told once.
    private var trouble: HistoryError.Code?

    package init(
        directory: String, configuration: HistoryConfiguration, time: TimeSource, logger: Logger,
        factory: any MetricsFactory
    ) {
        self.directory = directory
        self.configuration = configuration
        self.time = time
        self.logger = logger
        metrics = HistoryMetrics(factory: factory)
        book = SeriesBook(limit: configuration.maxSeries)
    }

    /// Writes one round.
    ///
    /// - Returns: what changed; nil when the round could not be written and is missing in the history.
    package func record(_ snapshots: [SeriesSnapshot], at wall: UnixTime) -> Round? {
        do {
            let file = try openFile()
            let begin = time.monotonicNanoseconds()
            let at = try stamp(wall, in: file)
            let round = try write(snapshots, at: at, to: file)
            trouble = nil
            metrics.rounds.increment()
            metrics.roundSeconds.recordNanoseconds(Int64(time.monotonicNanoseconds() - begin))
            return round
        } catch {
            note(error)
            metrics.countLost(HistoryError.translating(error, while: "").code)
            return nil
        }
    }

    /// Makes old history coarser and looks after the file's size. Does one small step.
    ///
    /// - Returns: whether there is more to do.
    package func maintain() -> Bool {
        guard let file else { return false }
        do {
            let limit = configuration.maxBytes
            let used = try file.usedBytes()
            metrics.bytes.record(used)
            let keeper = HistoryKeeper(configuration: configuration, now: time.wall())
            // What one step writes must fit.
            let isCrowded = used > limit - max(limit / 16, 8 * 4096)
            if try file.queue.write({ try keeper.step(isCrowded: isCrowded, in: $0) }) { return true }
            guard isCrowded, recentCount > 0 else { return false }
            try closeChunk(in: file)
            return true
        } catch {
            note(error)
            return false
        }
    }

    package func close() {
        guard let file else { return }
        self.file = nil
        do {
            try file.queue.close()
        } catch {
            logger.warning("The metric history was not closed", metadata: ["error": "\(error)"])
        }
    }

    /// Bytes of the file that hold something; the file is opened when it is not.
    package func usedBytes() throws -> Int64 { try openFile().usedBytes() }

    // MARK: - The file

    private func openFile() throws -> SamplesFile {
        if let file { return file }
        let (file, setAside) = try SamplesFile.open(
            directory: directory, maxBytes: configuration.maxBytes, now: time.wall())
        if let setAside { noteSetAside(setAside) }
        do {
            try beginRun(in: file)
        } catch {
            try? file.queue.close()
            throw error
        }
        self.file = file
        return file
    }

    private func beginRun(in file: SamplesFile) throws {
        // What the last run left behind.
        try closeChunk(in: file)
        run = try file.queue.write { database in
            try database.execute(
                sql: "INSERT INTO run (started_at) VALUES (?)", arguments: [time.wall().milliseconds])
            return database.lastInsertedRowID
        }
        book = SeriesBook(limit: configuration.maxSeries)
        nextRound = 0
        lastAt = .min
    }

    /// Tells of a failure once, and moves a damaged file out of the way.
    private func note(_ error: any Error) {
        let failure = HistoryError.translating(error, while: "writing \(directory)/\(SamplesFile.name)")
        if failure.code != trouble {
            logger.error(
                "Metric samples could not be written; results are not affected", metadata: ["error": "\(failure)"])
        }
        trouble = failure.code
        guard DatabaseFile.meansDamage(error), let file else { return }
        close()
        do {
            noteSetAside(try DatabaseFile.setAside(file.path, at: time.wall()))
        } catch {
            logger.error("The damaged metric history could not be moved", metadata: ["error": "\(error)"])
        }
    }

    private func noteSetAside(_ path: String) {
        metrics.setAside.increment()
        logger.error(
            "The file of metric samples was damaged and has been set aside; results are not affected",
            metadata: ["file": "\(path)"])
    }

    // MARK: - Rounds

    /// Times rise within a chunk, whatever the clock does.
    private func stamp(_ wall: UnixTime, in file: SamplesFile) throws -> Int64 {
        let now = wall.milliseconds
        guard now <= lastAt else { return now }
        if lastAt - now < Self.toleratedStepBack { return lastAt + 1 }
        logger.notice(
            "The clock was set back: the metric history goes on with earlier times",
            metadata: ["seconds": "\((lastAt - now) / 1000)"])
        try closeChunk(in: file)
        return now
    }

    private func write(_ snapshots: [SeriesSnapshot], at: Int64, to file: SamplesFile) throws -> Round {
        let unknown = snapshots.filter { book.positions(of: $0.identity) == nil }
        if !unknown.isEmpty {
            var longer = book
            let skipped = try file.queue.write { try longer.add(unknown, at: at, in: $0) }
            book = longer
            if skipped > 0 { metrics.skippedSeries.increment(by: skipped) }
        }
        var values = [Double](repeating: SampleValue.absent, count: book.entries.count)
        for snapshot in snapshots {
            guard let positions = book.positions(of: snapshot.identity) else { continue }
            SeriesName.forEachValue(of: snapshot) { values[positions[$0]] = $1 }
        }
        let isFirst = recentCount == 0
        var changes: [RoundCodec.Change] = []
        var changed: [(name: String, value: Double)] = []
        for position in book.order {
            let entry = book.entries[position]
            let (old, new) = (entry.last, values[position])
            let isChanged = old.bitPattern != new.bitPattern
            if isChanged { changed.append((entry.text, new)) }
            guard isChanged || isFirst, !(isFirst && SampleValue.isAbsent(new)) else { continue }
            changes.append(
                .init(series: entry.id, value: new, previous: isFirst || SampleValue.isAbsent(old) ? 0 : old))
        }
        let bytes = Data(RoundCodec.encode(changes))
        try file.queue.write { database in
            try database.cachedStatement(sql: "INSERT INTO recent (round, run, at, changes) VALUES (?, ?, ?, ?)")
                .execute(arguments: [nextRound, run, at, bytes])
        }
        nextRound += 1
        recentCount += 1
        recentBytes += Int64(bytes.count)
        lastAt = at
        book.commit(values)
        if recentCount >= Self.roundsPerChunk || recentBytes >= configuration.maxBytes / 8 {
            // The round is safe already; the next one tries again.
            do { try closeChunk(in: file) } catch { note(error) }
            book.dropAbsent()
        }
        return Round(run: run, at: UnixTime(milliseconds: at), changes: changed)
    }

    /// Makes a chunk of the recent rounds.
    private func closeChunk(in file: SamplesFile) throws {
        do {
            try file.queue.write { database in
                guard let recent = try RecentRounds(database) else { return }
                try recent.store(in: database)
            }
        } catch let error as DamagedBytes {
            logger.error(
                "The last rounds of metric samples are damaged and left out", metadata: ["error": "\(error.reason)"])
            try file.queue.write { try $0.execute(sql: "DELETE FROM recent") }
        }
        recentCount = 0
        recentBytes = 0
    }
}
