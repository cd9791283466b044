import Foundation
import RiderModel
import TestSupport
import Testing

/// A long speech from the robot's bus and back to it.
@Suite(.serialized, .timeLimit(.minutes(3))) struct SpeechInPiecesTests {
    @Test func theRobotHearsTheFirstWordsWhileTheLastAreBeingMade() async throws {
        let world = try World()
        defer { world.remove() }
        let server = try world.engineServer()
        var asked = server.lines.makeAsyncIterator()
        let speechPort = try #require(await asked.next())
        let broker = try world.python("robot/broker.py", [])
        let ports = try JSONValue(parsing: try #require(await broker.lines.first { _ in true }))
        let (frontend, backend) = (try #require(ports["frontend"]?.int), try #require(ports["backend"]?.int))
        let robot = try world.python("robot/robot.py", [String(frontend), String(backend)])
        var lines = robot.lines.makeAsyncIterator()
        #expect(await lines.next() == #"{"ready": true}"#)
        // The first sentence is spoken at once, the others when the server is told to go.
        let worker = try world.rider(
            ["worker"],
            [
                "RIDER_PI_HOST": "127.0.0.1", "ZMQ_PUB_PORT": String(frontend), "ZMQ_SUB_PORT": String(backend),
                "RIDER_TELEMETRY_ENDPOINT": "tcp://127.0.0.1:\(frontend)", "RIDER_ROBOT_VOICE_MAX_AGE_MS": "600000",
                "RIDER_VOICE_TTS_ENGINES": "speech-server", "RIDER_VOICE_TTS_SPEECH_SERVER_MODEL": "crawl-from-second",
                "RIDER_VOICE_TTS_SPEECH_SERVER_URL": "http://127.0.0.1:\(speechPort)/v1/audio/speech",
                "RIDER_VOICE_TTS_SPEECH_SERVER_TIMEOUT_SECONDS": "600", "RIDER_VOICE_TIMEOUT_SECONDS": "600",
            ])
        func next() async throws -> (topic: String, body: JSONValue) {
            while true {
                let line = try JSONValue(parsing: try #require(await lines.next(), "\(worker.standardError)"))
                if let topic = line["topic"]?.string, let body = line["body"] { return (topic, body) }
            }
        }
        func wait(for wanted: String) async throws -> JSONValue {
            while true {
                let (topic, body) = try await next()
                if topic == wanted { return body }
            }
        }

        // The worker reads the bus, and its own link is up, when the robot hears it say something.
        _ = try await wait(for: "provider.voice.heartbeat")
        try robot.write(#"{"publish": "provider.voice.state", "body": {"domain": "voice", "mode": "pc"}}"#)
        let sentences = [
            "Pierwsze zdanie jest na tyle długie, że stanowi całość.",
            "Drugie zdanie jest na tyle długie, że stanowi całość.",
        ]
        try robot.write(#"{"say": ["\#(sentences.joined(separator: " "))"]}"#)

        let first = try await wait(for: "voice.tts.chunk")
        #expect(first["seq"] == 0 && first["last"] == false)
        #expect(first["sample_rate"] == 16_000)
        // 55 letters of 50 ms.
        #expect(first["duration_ms"] == 2750)
        var requests = 0
        while requests < 2 {
            if try #require(await asked.next()) == "asked crawl-from-second" { requests += 1 }
        }
        try server.write("go")
        let second = try await wait(for: "voice.tts.chunk")
        #expect(second["seq"] == 1 && second["last"] == true)
        #expect(second["task_id"] == first["task_id"])

        let result = try await wait(for: "telemetry.voice")
        #expect(result["status"] == "completed")
        #expect(result["meta"]?["chunks"] == 2)
        #expect((result["result"]?["duration_ms"]?.int ?? 0) >= 5400, "the result has the whole speech")
        // The whole is not said again: the next thing the robot hears is another speech.
        try robot.write(#"{"say": ["Koniec."]}"#)
        let third = try await wait(for: "voice.tts.chunk")
        #expect(third["seq"] == 0 && third["last"] == true)
        #expect(third["duration_ms"]?.int.map { $0 < 1000 } == true)
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)
    }
}
