import Foundation
import RiderModel
import TestSupport
import Testing

/// The main job with a real robot bus on both sides.
@Suite(.serialized, .timeLimit(.minutes(3))) struct RobotWorkTests {
    /// A message that the robot's side of the bus saw.
    private struct Seen {
        let topic: String
        let frames: Int
        let body: JSONValue
    }

    @Test func robotWorkGoesInAndJournaledAndPublishedResultsComeOut() async throws {
        let frameCount = 200
        let texts = (0..<20).map { "Przeszkoda numer \($0)" }
        let commands = ["jedź do kuchni", "stop", "turn left", "co widzisz?", "go forward 2 meters"]
        let world = try World()
        defer { world.remove() }

        let broker = try world.python("robot/broker.py", [])
        let ports = try JSONValue(parsing: try #require(await firstLine(of: broker)))
        let frontend = try #require(ports["frontend"]?.int)
        let backend = try #require(ports["backend"]?.int)

        let robot = try world.python("robot/robot.py", [String(frontend), String(backend)])
        var robotLines = robot.lines.makeAsyncIterator()
        #expect(await robotLines.next() == #"{"ready": true}"#)

        // Every frame is to be answered here, however slow the machine: nothing may be too late or too fast for the robot.
        let worker = try world.rider(
            ["worker"],
            [
                "RIDER_PI_HOST": "127.0.0.1", "ZMQ_PUB_PORT": String(frontend), "ZMQ_SUB_PORT": String(backend),
                "RIDER_TELEMETRY_ENDPOINT": "tcp://127.0.0.1:\(frontend)", "RIDER_ROBOT_OBSTACLE_HZ": "10000",
                "RIDER_ROBOT_MAX_AGE_MS": "600000", "RIDER_ROBOT_VOICE_MAX_AGE_MS": "600000",
                "RIDER_VISION_FRAME_DEADLINE_MS": "600000", "RIDER_ROBOT_SEND_HIGH_WATER_MARK": "100",
            ])
        var ready = false
        while !ready {
            // The worker has joined the broker when its text results come back through it.
            _ = try await world.output(["enqueue", "text.nlu", "--payload", #"{"text":"stop"}"#])
            let line = try #require(await robotLines.next(), "\(worker.standardError)")
            ready = line.contains("telemetry.text")
        }
        for domain in ["vision", "voice", "text"] {
            try robot.write(
                #"{"publish": "provider.\#(domain).state", "body": {"domain": "\#(domain)", "mode": "pc", "status": "pc_pending", "changed_ts": 1.0, "reason": "manual", "ts": 1.0}}"#
            )
        }
        let jpeg = world.folder.appendingPathComponent("frame.jpg")
        try frameFixture().write(to: jpeg)
        try robot.write(#"{"say": [\#(texts.map { "\"\($0)\"" }.joined(separator: ","))]}"#)
        try robot.write(#"{"frames": \#(frameCount), "jpeg": "\#(jpeg.path)"}"#)
        for (number, command) in commands.enumerated() {
            _ = try await world.output(
                ["enqueue", "text.nlu", "--id", "text-\(number)", "--payload", #"{"text":"\#(command)"}"#])
        }

        var seen: [Seen] = []
        func count(_ topic: String) -> Int { seen.count { $0.topic == topic } }
        while count("telemetry.vision") < frameCount || count("telemetry.voice") < texts.count
            || count("vision.obstacle.enhanced") < frameCount || count("voice.tts.chunk") < texts.count
            || seen.count(where: { $0.body["task_id"]?.string?.hasPrefix("text-") == true }) < commands.count
        {
            let line = try JSONValue(parsing: try #require(await robotLines.next(), "\(worker.standardError)"))
            guard let topic = line["topic"]?.string, let body = line["body"], let frames = line["frames"]?.int else {
                continue
            }
            seen.append(Seen(topic: topic, frames: frames, body: body))
        }
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)

        // Two frames each; no numbers missing in any topic; every result completed by a real engine.
        #expect(seen.allSatisfy { $0.frames == 2 })
        for topic in ["telemetry.vision", "telemetry.voice", "telemetry.text"] {
            let numbers = seen.filter { $0.topic == topic }.compactMap { $0.body["_rider"]?["tseq"]?.int }
            #expect(numbers == Array(numbers[0]..<(numbers[0] + numbers.count)), "\(topic) has gaps")
        }
        let results = seen.filter { $0.topic.hasPrefix("telemetry.") && $0.topic != "telemetry.metrics" }
        #expect(results.allSatisfy { $0.body["status"] == "completed" })
        #expect(!results.contains { $0.body["meta"]?["engine"] == "mock" })

        // Robot topics have what the robot reads, with the types it needs.
        for message in seen where message.topic == "vision.obstacle.enhanced" {
            let body = message.body
            #expect(body["present"]?.bool != nil && body["confidence"]?.double != nil && body["ts"]?.double != nil)
            #expect(body.members?.count == 10)
        }
        for message in seen where message.topic == "voice.tts.chunk" {
            #expect(message.body["data"]?.string?.isEmpty == false)
            #expect(message.body["audio_data"] == message.body["data"])
            #expect(message.body["sample_rate"] == 16000)
        }

        // The journal has each of them, as SQLite itself reads it.
        let journaled = try await world.sqlite(
            "SELECT task_type, count(*) FROM result WHERE status = 'completed' GROUP BY task_type ORDER BY task_type")
        #expect(journaled.contains("vision.frame|\(frameCount)"))
        #expect(journaled.contains("voice.tts|\(texts.count)"))
        let textCount = try await world.sqlite("SELECT count(*) FROM result WHERE task_id LIKE 'text-%'")
        #expect(textCount == [String(commands.count)])
    }

    private func firstLine(of process: RunningProcess) async -> String? {
        for await line in process.lines { return line }
        return nil
    }

    /// A real JPEG as the robot sends it.
    private func frameFixture() throws -> Data {
        let file = Checkout.root.appendingPathComponent(
            "Tests/RiderModelTests/Fixtures/topic.vision.frame.offload.clear.json")
        let message = try JSONValue(parsing: Array(try Data(contentsOf: file)))
        let base64 = try #require(message["frame_jpeg"]?.string)
        return try #require(Data(base64Encoded: base64))
    }
}
