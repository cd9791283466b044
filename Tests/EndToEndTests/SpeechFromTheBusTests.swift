import Foundation
import RiderModel
import TestSupport
import Testing

private let canSpeakAndHear =
    FileManager.default.isExecutableFile(atPath: "/usr/bin/espeak-ng")
    && FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/pocketsphinx")
    && FileManager.default.fileExists(atPath: "/usr/share/pocketsphinx/model/en-us/en-us.lm.bin")

/// What is said into the robot's microphone comes back as words: bus, ingest, queue, PocketSphinx, journal, bus.
@Suite(
    .serialized, .timeLimit(.minutes(3)),
    .enabled(if: canSpeakAndHear, "apt install espeak-ng python3-pocketsphinx pocketsphinx-en-us"))
struct SpeechFromTheBusTests {
    /// Said by a program, heard by a program with a model of 2010: some words are lost, and the test says how many.
    private static let sentences = [
        "where is the ball", "how are you today", "turn around", "tell me about the weather",
        "the robot is in the living room", "open the door please", "what time is it", "stop the robot now",
        "please go to the kitchen", "come back home",
    ]
    private static let worstWordErrorRate = 0.35

    /// Words to change, add or take away.
    private func errors(_ said: [String], _ heard: [String]) -> Int {
        var row = Array(0...heard.count)
        for (index, word) in said.enumerated() {
            var next = [index + 1]
            for (column, other) in heard.enumerated() {
                next.append(min(row[column + 1] + 1, next[column] + 1, row[column] + (word == other ? 0 : 1)))
            }
            row = next
        }
        return row[heard.count]
    }

    @Test func speechInSmallChunksComesBackAsItsWords() async throws {
        let world = try World()
        defer { world.remove() }
        let broker = try world.python("robot/broker.py", [])
        var brokerLines = broker.lines.makeAsyncIterator()
        let ports = try JSONValue(parsing: try #require(await brokerLines.next()))
        let frontend = try #require(ports["frontend"]?.int)
        let backend = try #require(ports["backend"]?.int)
        let robot = try world.python("robot/robot.py", [String(frontend), String(backend)])
        var robotLines = robot.lines.makeAsyncIterator()
        #expect(await robotLines.next() == #"{"ready": true}"#)
        // However slow the machine: nothing may be too late.
        let worker = try world.rider(
            ["worker"],
            [
                "RIDER_PI_HOST": "127.0.0.1", "ZMQ_PUB_PORT": String(frontend), "ZMQ_SUB_PORT": String(backend),
                "RIDER_TELEMETRY_ENDPOINT": "tcp://127.0.0.1:\(frontend)", "RIDER_ROBOT_VOICE_MAX_AGE_MS": "600000",
                "RIDER_VOICE_ASR_DEADLINE_MS": "600000", "RIDER_VOICE_ASR_POCKETSPHINX_TIMEOUT_SECONDS": "300",
                "RIDER_VOICE_TIMEOUT_SECONDS": "300", "RIDER_VISION_ENABLED": "false",
            ])
        var ready = false
        while !ready {
            _ = try await world.output(["enqueue", "text.nlu", "--payload", #"{"text":"stop"}"#])
            ready = try #require(await robotLines.next(), "\(worker.standardError)").contains("telemetry.text")
        }
        try robot.write(
            #"{"publish": "provider.voice.state", "body": {"domain": "voice", "mode": "pc", "status": "pc_pending", "changed_ts": 1.0, "reason": "manual", "ts": 1.0}}"#
        )
        var files: [String] = []
        for (number, sentence) in Self.sentences.enumerated() {
            let file = world.folder.appendingPathComponent("\(number).wav").path
            let speaker = try RunningProcess(
                "/usr/bin/espeak-ng", ["-v", "en-us+klatt4", "-s", "160", "-w", file, sentence], directory: world.folder
            )
            try speaker.closeInput()
            #expect(await speaker.wait() == 0)
            files.append(file)
        }
        try robot.write(#"{"speak": [\#(files.map { "\"\($0)\"" }.joined(separator: ","))], "speed": 5}"#)

        // The journal's side says which sentences were done; those with words are told to the robot too.
        var done: [JSONValue] = []
        var told: [String: JSONValue] = [:]
        func hasWords(_ result: JSONValue) -> Bool { result["result"]?["text"]?.string?.isEmpty == false }
        while done.count < Self.sentences.count || told.count < done.count(where: hasWords) {
            let line = try JSONValue(parsing: try #require(await robotLines.next(), "\(worker.standardError)"))
            guard let topic = line["topic"]?.string, let body = line["body"], let id = body["task_id"]?.string,
                id.hasPrefix("voice-asr-")
            else { continue }
            if topic == "telemetry.voice" { done.append(body) }
            if topic == "voice.asr.result" { told[id] = body }
        }
        worker.signal(SIGTERM)
        #expect(await worker.wait() == 0)

        var wrong = 0
        var total = 0
        for (said, result) in zip(Self.sentences, done) {
            let body = told[result["task_id"]?.string ?? ""]
            let words = body?["text"]?.string?.split(separator: " ").map(String.init) ?? []
            let expected = said.split(separator: " ").map(String.init)
            wrong += errors(expected, words)
            total += expected.count
            print("said \"\(said)\", heard \"\(words.joined(separator: " "))\"")
            #expect(result["meta"]?["engine"] == "pocketsphinx")
            #expect(body == nil || body?["language"] == "en")
        }
        let rate = Double(wrong) / Double(total)
        print("word error rate: \(wrong) of \(total) words, \((rate * 100).rounded()) %")
        #expect(rate <= Self.worstWordErrorRate)
        // One task for each sentence, not one for each chunk.
        let tasks = try await world.sqlite("SELECT count(*) FROM result WHERE task_type = 'voice.asr'")
        #expect(tasks == ["\(Self.sentences.count)"])
    }
}
