import GRDB
import RiderModel

/// Finds the rows of a topic by their numbers without an index over all rows, which would cost every commit.
///
/// At every ``length``-th row the last number of each topic is noted. Numbers rise with `seq`, so the row with a number is
/// among the ``length`` rows that end with the first step at or above it, and behind the last step when there is none.
enum TopicSteps {
    /// Rows between two steps; the migration that fills the table says the same number.
    static let length: Int64 = 1_024

    /// Call it for every row, after its number was given out.
    static func note(numbers: [Int64], at seq: Int64, in database: Database) throws {
        guard seq % length == 0 else { return }
        let insert = try database.cachedStatement(
            sql: "INSERT OR IGNORE INTO topic_step (topic, tseq, seq) VALUES (?, ?, ?)")
        for topic in numbers.indices where numbers[topic] > 0 {
            try insert.execute(arguments: [topic, numbers[topic], seq])
        }
    }

    /// Call it for a row that gets its old place back, which may be anywhere.
    ///
    /// - Parameters:
    ///   - lastSeq: the last `seq` before.
    ///   - numbers: the last numbers before.
    static func note(
        number: Int64, of topic: Int, at seq: Int64, after lastSeq: Int64, numbers: [Int64], in database: Database
    ) throws {
        let insert = try database.cachedStatement(
            sql: "INSERT OR IGNORE INTO topic_step (topic, tseq, seq) VALUES (?, ?, ?)")
        // Rows that were the last ones of the journal are looked for behind the last step, and now are no more.
        if lastSeq > 0, blockEnd(seq) > blockEnd(lastSeq) {
            for topic in numbers.indices where numbers[topic] > 0 {
                try insert.execute(arguments: [topic, numbers[topic], blockEnd(lastSeq)])
            }
        }
        try insert.execute(arguments: [topic, number, blockEnd(seq)])
    }

    private static func blockEnd(_ seq: Int64) -> Int64 { (seq + length - 1) / length * length }

    /// Makes the steps of a file whose rows were all put in from elsewhere.
    static func rebuild(in database: Database) throws {
        try database.execute(
            sql: """
                DELETE FROM topic_step;
                INSERT INTO topic_step (topic, tseq, seq)
                    SELECT topic, max(tseq), (seq + 1023) / 1024 * 1024 FROM result WHERE tseq > 0
                    GROUP BY topic, (seq + 1023) / 1024;
                """)
    }

    /// Forgets steps whose rows have all been removed.
    static func removeOutlived(in database: Database) throws {
        // Steps rise with their numbers, so no more than those that go, and one, are looked at.
        let statement = try database.cachedStatement(
            sql: """
                DELETE FROM topic_step WHERE topic = ?1 AND tseq < coalesce(
                    (SELECT tseq FROM topic_step WHERE topic = ?1 AND seq >= (SELECT min(seq) FROM result)
                        ORDER BY tseq LIMIT 1),
                    9223372036854775807)
                """)
        for topic in TelemetryTopic.allCases { try statement.execute(arguments: [topic.rawValue]) }
    }

    /// A few rows in which the next number of a topic is, if it still has one.
    struct Block {
        /// `seq` of the rows.
        var rows: ClosedRange<Int64>
        /// The topic's last number in these rows; nil when they are the last ones of the journal.
        var lastNumber: Int64?
    }

    /// Where the row with this number, or the first one after it in the same block, must be.
    static func block(of topic: TelemetryTopic, number: Int64, in database: Database) throws -> Block {
        let step = try Row.fetchOne(
            database.cachedStatement(
                sql: "SELECT seq, tseq FROM topic_step WHERE topic = ? AND tseq >= ? ORDER BY tseq LIMIT 1"),
            arguments: [topic.rawValue, number])
        if let step {
            let end: Int64 = step[0]
            return Block(rows: (end - length + 1)...end, lastNumber: step[1])
        }
        let last = try Int64.fetchOne(database.cachedStatement(sql: "SELECT max(seq) FROM result")) ?? 0
        return Block(rows: (last - last % length + 1)...max(last, last - last % length + 1), lastNumber: nil)
    }
}
