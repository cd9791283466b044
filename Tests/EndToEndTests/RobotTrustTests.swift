import Foundation
import RiderModel
import TestSupport
import Testing

/// The robot's other side: its HTTP interface, its watchdog, and what it is told while it does its own work.
@Suite(.serialized, .timeLimit(.minutes(3))) struct RobotTrustTests {
    @Test func theRobotFindsUsTrustsUsAndIsToldOnlyWhatItAskedFor() async throws {
        let world = try World()
        defer { world.remove() }
        let broker = try world.python("robot/broker.py", [])
        let ports = try JSONValue(parsing: try #require(await broker.lines.first { _ in true }))
        let (frontend, backend) = (try #require(ports["frontend"]?.int), try #require(ports["backend"]?.int))
        let bus = try world.python("robot/robot.py", [String(frontend), String(backend)])
        var messages = bus.lines.makeAsyncIterator()
        #expect(await messages.next() == #"{"ready": true}"#)
        let http = try world.python("robot/robot_http.py", ["--watchdog", "0.2"])
        var requests = http.lines.makeAsyncIterator()
        let port = try JSONValue(parsing: try #require(await requests.next()))["port"]?.int

        // The robot wants vision when the worker starts: nothing will say so on the bus.
        try http.write(#"{"state": {"vision": {"mode": "pc", "status": "pc_pending"}}}"#)
        let address = "http://127.0.0.1:\(world.httpPort)"
        let worker = try world.rider(
            ["worker"],
            [
                "RIDER_PI_HOST": "127.0.0.1", "ZMQ_PUB_PORT": String(frontend), "ZMQ_SUB_PORT": String(backend),
                "RIDER_PI_PORT": String(try #require(port)), "PC_PUBLIC_BASE_URL": address,
                "RIDER_TELEMETRY_ENDPOINT": "tcp://127.0.0.1:\(frontend)", "RIDER_ROBOT_HEARTBEAT_SECONDS": "1",
                "RIDER_VISION_ENGINES": "mock", "RIDER_VISION_FRAME_DEADLINE_MS": "600000",
                "RIDER_ROBOT_MAX_AGE_MS": "600000",
            ])

        // It tells where it is, after it has tried the address, and the robot's own watchdog agrees.
        var beat: JSONValue = [:]
        var watchdog: JSONValue?
        while beat["path"] != "/api/providers/pc-heartbeat" || watchdog != "online" {
            let line = try JSONValue(parsing: try #require(await requests.next(), "\(worker.standardError)"))
            if line["path"] == "/api/providers/pc-heartbeat" { beat = line }
            if let state = line["watchdog"] { watchdog = state }
        }
        #expect(beat["body"]?["base_url"] == .string(address))
        #expect(beat["body"]?["capabilities"]?["vision"]?["version"] == "1.0.0")

        // A frame is answered: the mode was read by HTTP.
        let frame: JSONValue = ["frame_jpeg": "/9j/", "ts": 1]
        func send(_ topic: String, _ body: JSONValue) throws {
            let line: JSONValue = ["publish": .string(topic), "body": body]
            try bus.write(String(decoding: line.encoded, as: UTF8.self))
        }
        var seen: [String: Int] = [:]
        func next() async throws -> String {
            while true {
                let line = try JSONValue(parsing: try #require(await messages.next(), "\(worker.standardError)"))
                guard let topic = line["topic"]?.string else { continue }
                seen[topic, default: 0] += 1
                return topic
            }
        }
        var isAnswered = false
        while !isAnswered {
            try send("vision.frame.offload", frame)
            while true {
                let topic = try await next()
                if topic == "vision.obstacle.enhanced" { isAnswered = true }
                if topic == "telemetry.vision" || isAnswered { break }
            }
        }

        // The robot takes vision back: from its word on nothing is told to it, although results go on.
        try send("provider.vision.state", ["domain": "vision", "mode": "local", "status": "local_only"])
        while try await next() != "provider.vision.state" {}
        // The worker reads the bus in order: a result of text that is asked for after it has read the state.
        var results = 0
        try send("vision.frame.offload", frame)
        while results < 1 {
            let topic = try await next()
            if topic == "telemetry.vision" { results += 1 }
        }
        let obstacles = seen["vision.obstacle.enhanced"]
        for _ in 0..<5 {
            try send("vision.frame.offload", frame)
            while try await next() != "telemetry.vision" {}
        }
        #expect(seen["vision.obstacle.enhanced"] == obstacles)
        #expect(seen["voice.asr.result"] == nil, "voice was never wanted")

        // It says something that nobody can read: its mode is unknown, and it is asked at once, not at the next turn, which would be
        // after thirty questions for its health. Its answer is what it was at the start.
        try http.write(#"{"state": {}}"#)
        while try #require(await requests.next()) != #"{"done": true}"# {}
        try send("provider.vision.state", ["domain": "vision", "mode": "cloud"])
        var questions = 0
        while true {
            let line = try JSONValue(parsing: try #require(await requests.next(), "\(worker.standardError)"))
            if line["path"] == "/healthz" { questions += 1 }
            if line["path"] == "/api/providers/state" { break }
        }
        #expect(questions < 15)
        isAnswered = false
        while !isAnswered {
            try send("vision.frame.offload", frame)
            while true {
                let topic = try await next()
                if topic == "vision.obstacle.enhanced" { isAnswered = true }
                if topic == "telemetry.vision" || isAnswered { break }
            }
        }

        // Heartbeats go out whoever does the work.
        while seen["provider.vision.heartbeat"] == nil || seen["provider.text.heartbeat"] == nil {
            _ = try await next()
        }

        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0, "\(worker.standardError)")
        // Without us the robot works on its own.
        while watchdog != "fallback" {
            let line = try JSONValue(parsing: try #require(await requests.next()))
            if let state = line["watchdog"] { watchdog = state }
        }
    }
}
