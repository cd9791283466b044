import RiderJournal
import RiderModel

/// Makes the wire form of journal records.
public struct TelemetryMessageBuilder: Sendable {
    private let publisherID: String
    private let maxMessageBytes: Int

    /// Room for the mark without the names of what was left out: its longest numbers and keys.
    private static let markBytes = 240
    /// Room for those names.
    private static let namesBytes = 512

    /// - Parameter maxMessageBytes: a larger body travels without its binary fields.
    public init(publisherID: String, maxMessageBytes: Int) {
        self.publisherID = publisherID
        self.maxMessageBytes = maxMessageBytes
    }

    /// The body of a record's message with the publisher's mark, without its binary fields when it is too large with them;
    /// nil when it is still too large then, or no JSON object.
    ///
    /// - Parameter replay: how a message that is sent again is marked.
    public func body(of record: JournalRecord, replay: RiderMark.Replay? = nil) -> [UInt8]? {
        guard record.body.last(where: { ![0x20, 0x0A, 0x0D, 0x09].contains($0) }) == UInt8(ascii: "}") else {
            return nil
        }
        let markBytes = Self.markBytes + (record.origin?.publisherID ?? publisherID).utf8.count
        var (body, elided) = (record.body, [String]())
        if body.count + markBytes > maxMessageBytes {
            (body, elided) = TelemetryBody.elidingBinaryFields(
                of: body, toFit: max(0, maxMessageBytes - markBytes - Self.namesBytes))
        }
        // A row of another journal goes by the name under which its listeners may have got it already.
        let mark = RiderMark(
            publisherID: record.origin?.publisherID ?? publisherID, seq: record.origin?.seq ?? record.seq,
            topicSeq: record.origin?.topicSeq ?? record.topicSeq, recordedAt: record.recordedAt,
            elided: elided, replay: replay)
        let message = mark.spliced(into: body)
        return message.count <= maxMessageBytes ? message : nil
    }

    /// The body for the old program's topic: without a mark, so that a listener of both topics counts each result once.
    func legacyBody(of record: JournalRecord) -> [UInt8]? {
        let body = TelemetryBody.elidingBinaryFields(of: record.body, toFit: maxMessageBytes).body
        return body.count <= maxMessageBytes ? body : nil
    }
}
