import Foundation
import Logging
import RiderBus
import RiderModel
import RiderQueue
import TestSupport
import Testing

@testable import RiderIngest

/// The service behind a real subscriber, and a publisher as robot code is: Python with pyzmq.
struct RobotBusTests {
    /// Binds, tells its port, waits until every topic is subscribed to, then publishes as the robot's modules do.
    private static let robot = """
        import json, sys, zmq
        socket = zmq.Context().socket(zmq.XPUB)
        print(socket.bind_to_random_port("tcp://127.0.0.1"), flush=True)
        wanted = set(sys.argv[2:])
        while wanted:
            wanted.discard(socket.recv()[1:].decode())
        frame = open(sys.argv[1], "rb").read()
        send = lambda topic, body: socket.send_multipart([topic.encode(), body])
        send("vision.frame.offload", b"\\xff\\xfe not json")
        send("vision.frame.offload.debug", frame)
        socket.send_multipart([b"vision.frame.offload", frame, frame])
        send("provider.vision.state", json.dumps({"mode": "pc", "status": "pc_pending", "domain": "vision"}).encode())
        send("vision.frame.offload", frame)
        socket.send_string("voice.tts.request " + json.dumps({"text": "Za\\u017c\\u00f3\\u0142\\u0107", "request_id": "say-1"}))
        sys.stdin.read()
        """

    @Test func aRobotsMessagesBecomeTasks() async throws {
        let robot = Process()
        robot.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        robot.arguments = ["-c", Self.robot, Samples.path("topic.vision.frame.offload.pi.json")] + IngestTopic.names
        let (input, output) = (Pipe(), Pipe())
        robot.standardInput = input
        robot.standardOutput = output
        try robot.run()
        defer {
            // The end of its input ends the robot.
            try? input.fileHandleForWriting.close()
            robot.waitUntilExit()
        }
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let port = try #require(UInt16(line.trimmingCharacters(in: .whitespacesAndNewlines)))

        let (queue, metrics) = (FakeQueue(), CountingMetrics())
        let (events, sink) = AsyncStream.makeStream(of: RobotEvent.self)
        var configuration = IngestConfiguration()
        // However slow the machine is.
        configuration.maxFrameDelay = .seconds(3600)
        let service = IngestService(
            configuration: configuration,
            source: BusSubscriber(
                context: try ZeroMQContext(), endpoint: .connect("127.0.0.1", port: port), topics: IngestTopic.names,
                maxMessageBytes: configuration.maxMessageBytes),
            queue: queue, logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), factory: metrics,
            onEvent: { sink.yield($0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await service.run() }
            for await _ in queue.events where queue.tasks.count == 2 { break }
            group.cancelAll()
            try await group.waitForAll()
        }
        sink.finish()

        #expect(queue.tasks.map(\.envelope.type) == [.visionFrame, .voiceTTS])
        let frame = try JSONValue(parsing: queue.tasks[0].envelope.payload)
        #expect(try frame["frame_data"] == Samples.value("topic.vision.frame.offload.pi.json")["frame_jpeg"])
        #expect(try JSONValue(parsing: queue.tasks[1].envelope.payload)["text"] == "Zażółć")
        #expect(metrics.ingested("vision.frame.offload", "invalid_json") == 1)
        #expect(metrics.ingested("other", "unknown_topic") == 1)
        #expect(metrics.ingested("other", "bad_framing") == 1)
        let seen = await events.reduce(into: []) { $0.append($1) }
        #expect(seen.contains { if case .mode(let state) = $0 { state.wantsResults } else { false } })
        #expect(seen.contains { if case .link = $0 { true } else { false } })
    }
}
