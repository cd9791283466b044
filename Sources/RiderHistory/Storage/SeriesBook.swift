import GRDB
import RiderMetrics

/// The series of this run: which row of the file each is, and what it was in the last round.
struct SeriesBook {
    /// One series of the file.
    struct Entry {
        let id: Int64
        /// `name{label="value"}`
        let text: String
        /// In the last committed round.
        var last = SampleValue.absent
    }

    private(set) var entries: [Entry] = []
    /// Positions in `entries` of what a registered series is made of.
    private var positions: [SeriesIdentity: [Int]] = [:]
    private var positionsByID: [Int64: Int] = [:]
    /// Positions in `entries` by rising id.
    private(set) var order: [Int] = []
    let limit: Int

    init(limit: Int) {
        self.limit = limit
    }

    func positions(of identity: SeriesIdentity) -> [Int]? { positions[identity] }

    /// Finds or makes the rows of series that were never seen in this run.
    ///
    /// - Returns: how many series found no room.
    mutating func add(_ snapshots: [SeriesSnapshot], at time: Int64, in database: Database) throws -> Int {
        var skipped = 0
        for snapshot in snapshots {
            let names = SeriesName.all(of: snapshot)
            guard entries.count + names.count <= limit else {
                skipped += names.count
                continue
            }
            positions[snapshot.identity] = try names.map { name in
                let id = try Self.row(of: name, at: time, in: database)
                if let position = positionsByID[id] { return position }
                entries.append(Entry(id: id, text: name.text))
                positionsByID[id] = entries.count - 1
                return entries.count - 1
            }
        }
        order = entries.indices.sorted { entries[$0].id < entries[$1].id }
        return skipped
    }

    private static func row(of name: SeriesName, at time: Int64, in database: Database) throws -> Int64 {
        let key: StatementArguments = [name.name, name.labels, name.kind.rawValue]
        let known = try Int64.fetchOne(
            database.cachedStatement(sql: "SELECT id FROM series WHERE name = ? AND labels = ? AND kind = ?"),
            arguments: key)
        if let known { return known }
        try database.cachedStatement(
            sql: "INSERT INTO series (name, labels, kind, first_at, last_at) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: key + [time, time])
        let id = database.lastInsertedRowID
        guard id <= SampleSeries.largestID else { throw DamagedBytes(reason: "numbers of series are used up") }
        return id
    }

    mutating func commit(_ values: [Double]) {
        for index in entries.indices { entries[index].last = values[index] }
    }

    /// Forgets series that the registry no longer has.
    mutating func dropAbsent() {
        guard entries.contains(where: { SampleValue.isAbsent($0.last) }) else { return }
        var moved: [Int: Int] = [:]
        var kept: [Entry] = []
        for (index, entry) in entries.enumerated() where !SampleValue.isAbsent(entry.last) {
            moved[index] = kept.count
            kept.append(entry)
        }
        entries = kept
        positions = positions.compactMapValues { old in
            let new = old.compactMap { moved[$0] }
            return new.count == old.count ? new : nil
        }
        positionsByID = Dictionary(uniqueKeysWithValues: entries.indices.map { (entries[$0].id, $0) })
        order = entries.indices.sorted { entries[$0].id < entries[$1].id }
    }
}
