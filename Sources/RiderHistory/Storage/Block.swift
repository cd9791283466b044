import FoundationEssentials
import GRDB
import RiderJournal

/// What a chunk holds of one series: a short checksum, then its columns. A chunk of rounds has one column, the values; one
/// of windows has five: count, sum, minimum, maximum, last.
enum Block {
    static let windowColumns = 5
    private static let checksumBytes = 4

    static func encode(_ columns: [[Double]]) -> [UInt8] {
        var writer = ByteWriter()
        for column in columns { ColumnCodec.encode(column, to: &writer) }
        var block = ByteWriter()
        block.word(writer.bytes.withUnsafeBytes(Checksum.of), bytes: checksumBytes)
        block.append(writer.bytes)
        return block.bytes
    }

    static func insert(_ block: [UInt8], of series: Int64, in chunk: Chunk, _ database: Database) throws {
        guard let id = chunk.id else { preconditionFailure("blocks belong to a chunk that has its number") }
        try database.cachedStatement(sql: "INSERT INTO block (id, bytes) VALUES (?, ?)").execute(arguments: [
            Chunk.blockKey(chunk: id, series: series), Data(block),
        ])
    }

    /// - Returns: a block's columns; nil when the series is not in the chunk.
    static func read(series: Int64, in chunk: Chunk, _ database: Database) throws -> [[Double]]? {
        guard let id = chunk.id else { preconditionFailure("blocks belong to a chunk that has its number") }
        let statement = try database.cachedStatement(sql: "SELECT bytes FROM block WHERE id = ?")
        let rows = try Row.fetchCursor(statement, arguments: [Chunk.blockKey(chunk: id, series: series)])
        guard let row = try rows.next() else { return nil }
        return try row.withBytes(atIndex: 0) { bytes in
            var reader = ByteReader(bytes)
            let checksum = try reader.word(bytes: checksumBytes)
            let rest = UnsafeRawBufferPointer(rebasing: bytes[checksumBytes...])
            guard Checksum.of(rest) & 0xFFFF_FFFF == checksum else { throw DamagedBytes(reason: "wrong checksum") }
            return try (0..<(chunk.resolution == .raw ? 1 : windowColumns)).map { _ in
                try ColumnCodec.decode(&reader, points: chunk.times.count)
            }
        }
    }
}
