import Foundation
import RiderModel

/// Where a listener's place is kept: replaced as a whole at every save, so that a kill leaves the old one or the new one. The
/// same file as `tools/listener/rider_listener.py` writes.
///
/// ```json
/// {"version":1,"pub":"5f1c…","topics":{"telemetry.text":{"through":57,"runs":[[42,57]]}}}
/// ```
struct PlaceFile: Sendable {
    let path: String

    private static let version = 1

    /// - Returns: nil when there is no file yet.
    /// - Throws: ``CommandFailure`` when the file is not one of ours: overwriting it could lose somebody's data.
    func load() throws -> GapRecovery.Place? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
        guard let json = try? JSONValue(parsing: bytes), json["version"]?.int == Self.version,
            let publisherID = json["pub"]?.string, let topics = json["topics"]?.members
        else {
            throw CommandFailure(
                "\(path) is no listener's place of this version: name another file with --state, or move it aside")
        }
        var place = GapRecovery.Place(publisherID: publisherID, topics: [:])
        for member in topics {
            guard let topic = TelemetryTopic(name: member.key), let through = member.value["through"]?.int else {
                continue
            }
            let runs = (member.value["runs"]?.array ?? []).compactMap { run -> ClosedRange<Int64>? in
                guard let ends = run.array, ends.count == 2, let first = ends[0].int, let last = ends[1].int,
                    first <= last
                else { return nil }
                return Int64(first)...Int64(last)
            }
            place.topics[topic] = TopicPlace(through: Int64(through), runs: runs)
        }
        return place
    }

    func save(_ place: GapRecovery.Place) throws {
        let topics = place.topics.sorted { $0.key.rawValue < $1.key.rawValue }.map { topic, place in
            JSONValue.Member(
                topic.name,
                [
                    "through": .integer(place.through),
                    "runs": .array(place.runs.map { [.integer($0.lowerBound), .integer($0.upperBound)] }),
                ])
        }
        let json: JSONValue = [
            "version": .integer(Int64(Self.version)), "pub": .string(place.publisherID), "topics": .object(topics),
        ]
        try replace(with: json.encoded)
    }

    private func replace(with bytes: [UInt8]) throws {
        let temporary = path + ".new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("made", temporary) }
        defer { close(descriptor) }
        guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            throw failure("written", temporary)
        }
        guard rename(temporary, path) == 0 else { throw failure("replaced", path) }
    }

    private func failure(_ what: String, _ path: String) -> CommandFailure {
        CommandFailure("the listener's place cannot be \(what) in \(path): \(String(cString: strerror(errno)))")
    }
}
