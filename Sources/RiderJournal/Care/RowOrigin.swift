import GRDB

/// Names a row that came from another journal; on the wire it goes by this.
public struct RowOrigin: Sendable, Hashable {
    public var publisherID: String
    public var seq: Int64
    public var topicSeq: Int64

    public init(publisherID: String, seq: Int64, topicSeq: Int64) {
        self.publisherID = publisherID
        self.seq = seq
        self.topicSeq = topicSeq
    }

    func insert(for seq: Int64, in database: Database) throws {
        try database.cachedStatement(
            sql: "INSERT INTO imported (seq, pub, origin_seq, origin_tseq) VALUES (?, ?, ?, ?)"
        ).execute(arguments: [seq, publisherID, self.seq, topicSeq])
    }
}
