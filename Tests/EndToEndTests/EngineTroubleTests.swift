import Foundation
import RiderModel
import TestSupport
import Testing

/// An engine that freezes and dies while other work goes on.
@Suite(.serialized, .timeLimit(.minutes(3))) struct EngineTroubleTests {
    private static let count = 300

    @Test func aFrozenAndKilledVisionEngineHoldsNobodyElseUp() async throws {
        let world = try World()
        defer { world.remove() }
        let broker = try world.python("robot/broker.py", [])
        let ports = try JSONValue(parsing: try #require(await broker.lines.first { _ in true }))
        let (frontend, backend) = (try #require(ports["frontend"]?.int), try #require(ports["backend"]?.int))
        let robot = try world.python("robot/robot.py", [String(frontend), String(backend)])
        var lines = robot.lines.makeAsyncIterator()
        #expect(await lines.next() == #"{"ready": true}"#)
        // Nothing ends the frozen engine before the test does.
        let worker = try world.rider(
            ["worker"],
            [
                "RIDER_PI_HOST": "127.0.0.1", "ZMQ_PUB_PORT": String(frontend), "ZMQ_SUB_PORT": String(backend),
                "RIDER_TELEMETRY_ENDPOINT": "tcp://127.0.0.1:\(frontend)", "RIDER_VISION_TIMEOUT_SECONDS": "600",
                "RIDER_VISION_OPENCV_TIMEOUT_SECONDS": "600",
            ])
        var finished: Set<String> = []
        /// Reads the robot's bus until so many results of such tasks have come.
        func wait(for prefix: String, count: Int = 1) async throws {
            while finished.count(where: { $0.hasPrefix(prefix) }) < count {
                let line = try JSONValue(parsing: try #require(await lines.next(), "\(worker.standardError)"))
                if let id = line["body"]?["task_id"]?.string { finished.insert(id) }
            }
        }
        func look(_ id: String) async throws {
            _ = try await world.output([
                "enqueue", "vision.detection", "--id", id, "--payload", try picturePayload(),
            ])
        }
        func talk(_ name: String) async throws -> Duration {
            let tasks = (0..<Self.count).map {
                #"{"task_id":"\#(name)-\#($0)","task_type":"text.nlu","payload":{"text":"stop"}}"#
            }
            let start = ContinuousClock.now
            _ = try await world.output(["enqueue", "-"], input: tasks.joined(separator: "\n"))
            try await wait(for: name + "-", count: Self.count)
            return ContinuousClock.now - start
        }

        try await look("before")
        try await wait(for: "before")
        let usual = try await talk("usual")

        let engine = try #require(Self.child(of: worker.processID, named: "vision_opencv.py"))
        kill(engine, SIGSTOP)
        try await look("frozen")
        let beside = try await talk("beside")
        #expect(!finished.contains("frozen"), "the engine is frozen: nobody can have answered")
        print("\(Self.count) text.nlu tasks: \(usual) alone, \(beside) beside a frozen vision engine")

        kill(engine, SIGKILL)
        try await wait(for: "frozen")
        try await look("after")
        try await wait(for: "after")
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)
        let statuses = try await world.sqlite(
            "SELECT task_id, status FROM result WHERE task_type = 'vision.detection' ORDER BY seq")
        #expect(statuses == ["before|completed", "frozen|failed", "after|completed"])
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
