import RiderBus
import RiderModel

/// The way back from the robot's broker: a subscription to a topic that only this publisher uses.
///
/// One pipe keeps order, so a probe that returns proves that the broker has read everything that was sent before it. It
/// needs no change on the robot.
final class TelemetryProbe {
    struct Answer: Sendable, Hashable {
        var number: UInt64
        var sentAt: UnixTime
    }

    let socket: ZeroMQSocket
    let monitor: LinkMonitor
    let topic: [UInt8]
    /// Tells the probes of this run from those of another process with the same journal.
    private let run = UInt64.random(in: 0...UInt64(Int64.max))

    init(publisherID: String, endpoint: Endpoint, in context: ZeroMQContext, options: [ZeroMQOption]) throws {
        topic = Array("rider.probe.\(publisherID)".utf8)
        socket = try ZeroMQSocket(
            .subscribe, in: context, options: options + [.maximumMessageBytes(1_048_576), .subscribe(topic)])
        monitor = try socket.startMonitor()
        try socket.attach(to: endpoint)
    }

    /// Two frames with a JSON object, like everything on the robot's bus.
    func message(number: UInt64, at time: UnixTime) -> [[UInt8]] {
        let body = JSONValue.object([
            .init("run", .integer(Int64(run))), .init("probe", .integer(Int64(number))),
            .init("ts", .number(time.seconds)),
        ])
        return [topic, body.encoded]
    }

    /// The next probe that has come back, without waiting.
    func next() throws -> Answer? {
        while true {
            switch try socket.receive(maximumBytes: 4096) {
            case .nothing: return nil
            case .refused: continue
            case .message(let frames):
                guard frames.count == 2, frames[0] == topic, let body = try? JSONValue(parsing: frames[1]),
                    body["run"] == .integer(Int64(run)), let number = body["probe"]?.int, number > 0,
                    let seconds = body["ts"]?.double
                else { continue }
                return Answer(number: UInt64(number), sentAt: UnixTime(seconds: seconds))
            }
        }
    }
}
