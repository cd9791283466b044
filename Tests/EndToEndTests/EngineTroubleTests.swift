import Foundation
import RiderModel
import TestSupport
import Testing

/// Engines that freeze, die and crawl while other work goes on.
@Suite(.serialized, .timeLimit(.minutes(3))) struct EngineTroubleTests {
    private static let count = 300

    /// A worker with a robot, whose bus tells what is done.
    private final class Place {
        let world: World
        let worker: RunningProcess
        private let broker: RunningProcess
        private let robot: RunningProcess
        private var lines: AsyncStream<String>.Iterator
        private(set) var finished: Set<String> = []

        init(_ world: World, _ environment: [String: String]) async throws {
            self.world = world
            broker = try world.python("robot/broker.py", [])
            let ports = try JSONValue(parsing: try #require(await broker.lines.first { _ in true }))
            let (frontend, backend) = (try #require(ports["frontend"]?.int), try #require(ports["backend"]?.int))
            robot = try world.python("robot/robot.py", [String(frontend), String(backend)])
            lines = robot.lines.makeAsyncIterator()
            #expect(await lines.next() == #"{"ready": true}"#)
            worker = try world.rider(
                ["worker"],
                environment.merging([
                    "RIDER_PI_HOST": "127.0.0.1", "ZMQ_PUB_PORT": String(frontend), "ZMQ_SUB_PORT": String(backend),
                    "RIDER_TELEMETRY_ENDPOINT": "tcp://127.0.0.1:\(frontend)",
                ]) { $1 })
        }

        /// Reads the robot's bus until so many results of such tasks have come.
        func wait(for prefix: String, count: Int = 1) async throws {
            while finished.count(where: { $0.hasPrefix(prefix) }) < count {
                let line = try JSONValue(parsing: try #require(await lines.next(), "\(worker.standardError)"))
                if let id = line["body"]?["task_id"]?.string { finished.insert(id) }
            }
        }

        func put(_ type: String, _ id: String, _ payload: String) async throws {
            _ = try await world.output(["enqueue", type, "--id", id, "--payload", payload])
        }

        /// Has text understood, and tells how long that took.
        func talk(_ name: String) async throws -> Duration {
            let tasks = (0..<count).map {
                #"{"task_id":"\#(name)-\#($0)","task_type":"text.nlu","payload":{"text":"stop"}}"#
            }
            let start = ContinuousClock.now
            _ = try await world.output(["enqueue", "-"], input: tasks.joined(separator: "\n"))
            try await wait(for: name + "-", count: count)
            return ContinuousClock.now - start
        }

        func statuses(_ type: String) async throws -> [String] {
            try await world.sqlite("SELECT task_id, status FROM result WHERE task_type = '\(type)' ORDER BY seq")
        }
    }

    @Test func aFrozenAndKilledVisionEngineHoldsNobodyElseUp() async throws {
        let world = try World()
        defer { world.remove() }
        // Nothing ends the frozen engine before the test does.
        let place = try await Place(
            world, ["RIDER_VISION_TIMEOUT_SECONDS": "600", "RIDER_VISION_OPENCV_TIMEOUT_SECONDS": "600"])
        try await place.put("vision.detection", "before", picturePayload())
        try await place.wait(for: "before")
        let usual = try await place.talk("usual")

        let engine = try #require(Self.child(of: place.worker.processID, named: "vision_opencv.py"))
        kill(engine, SIGSTOP)
        try await place.put("vision.detection", "frozen", picturePayload())
        let beside = try await place.talk("beside")
        #expect(!place.finished.contains("frozen"), "the engine is frozen: nobody can have answered")
        print("\(Self.count) text.nlu tasks: \(usual) alone, \(beside) beside a frozen vision engine")

        kill(engine, SIGKILL)
        try await place.wait(for: "frozen")
        try await place.put("vision.detection", "after", picturePayload())
        try await place.wait(for: "after")
        place.worker.signal(SIGTERM)
        #expect(await place.worker.wait() == 0)
        #expect(
            try await place.statuses("vision.detection") == [
                "before|completed", "frozen|failed", "after|completed",
            ])
    }

    @Test func aSlowVoiceHoldsNobodyElseUp() async throws {
        let world = try World()
        defer { world.remove() }
        let server = try world.engineServer()
        var asked = server.lines.makeAsyncIterator()
        let port = try #require(await asked.next())
        let place = try await Place(
            world,
            [
                "RIDER_VOICE_TTS_ENGINES": "speech-server", "RIDER_VOICE_TTS_SPEECH_SERVER_MODEL": "crawl",
                "RIDER_VOICE_TTS_SPEECH_SERVER_URL": "http://127.0.0.1:\(port)/v1/audio/speech",
                "RIDER_VOICE_TTS_SPEECH_SERVER_TIMEOUT_SECONDS": "600", "RIDER_VOICE_TIMEOUT_SECONDS": "600",
            ])
        let usual = try await place.talk("usual")

        // As many as the domain does at once, and one that waits for them.
        for number in 0..<3 { try await place.put("voice.tts", "slow-\(number)", #"{"text":"number \#(number)"}"#) }
        var crawling = 0
        while crawling < 2 {
            if try #require(await asked.next()) == "asked crawl" { crawling += 1 }
        }
        let beside = try await place.talk("beside")
        #expect(place.finished.allSatisfy { !$0.hasPrefix("slow-") }, "the server has not finished a sentence")
        print("\(Self.count) text.nlu tasks: \(usual) alone, \(beside) beside a slow voice")

        try server.write("go")
        try await place.wait(for: "slow-", count: 3)
        place.worker.signal(SIGTERM)
        #expect(await place.worker.wait() == 0)
        #expect(
            try await place.statuses("voice.tts").sorted() == [
                "slow-0|completed", "slow-1|completed", "slow-2|completed",
            ])
    }

    private func picturePayload() throws -> String {
        let file = Checkout.root.appendingPathComponent("Tests/RiderModelTests/Fixtures/task.vision.detection.json")
        let task = try JSONValue(parsing: Array(try Data(contentsOf: file)))
        return String(decoding: try #require(task["payload"]).encoded, as: UTF8.self)
    }

    /// The process that another one has started with such a word on its command line.
    private static func child(of parent: pid_t, named word: String) -> pid_t? {
        let processes = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return processes.compactMap(pid_t.init).first { process in
            guard let stat = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
                let command = try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)
            else { return false }
            let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
            return fields.count > 1 && fields[1] == "\(parent)" && command.contains(word)
        }
    }
}
