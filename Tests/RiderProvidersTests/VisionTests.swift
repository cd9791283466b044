import Foundation
import RiderModel
import Testing

@testable import RiderProviders

@Suite struct ObstacleTests {
    private let estimator = ObstacleEstimator(fieldOfView: 60, classes: ["person", "face", "box"])

    private func obstacle(
        _ kind: String, _ left: Double, _ top: Double, _ right: Double, _ bottom: Double
    ) throws -> Obstacle {
        let detection = Detection(kind: kind, confidence: 0.8, left: left, top: top, right: right, bottom: bottom)
        return try #require(
            estimator.obstacles(in: Sight(width: 320, height: 240, detections: [detection])).first)
    }

    @Test func `a person's distance follows from their height in the picture`() throws {
        // Focal length 320 / (2 tan 30°) = 277 px; 1.7 m of 120 px are 3.93 m away.
        let person = try obstacle("person", 140, 60, 180, 180)
        #expect(abs(person.distance - 3.93) < 0.01)
        #expect(person.angle == 0)
        let nearer = try obstacle("person", 120, 10, 200, 230)
        #expect(nearer.distance < person.distance)
    }

    @Test func `somebody cut off by the edge is not taken for far away`() throws {
        let cut = try obstacle("person", 60, 0, 260, 240)
        #expect(cut.distance < 1)
        #expect(cut.size == .large)
    }

    @Test func `other things are judged by the area that they cover`() throws {
        let small = try obstacle("box", 150, 110, 170, 130)
        let large = try obstacle("box", 60, 20, 260, 220)
        #expect(small.size == .small)
        #expect(large.size == .large)
        #expect(small.distance > large.distance)
        #expect(abs(large.distance - 0.69) < 0.01)
    }

    @Test func `left is negative, and nothing leaves its range`() throws {
        #expect(try obstacle("box", 0, 100, 20, 120).angle == -28.1)
        #expect(try obstacle("box", 300, 100, 320, 120).angle == 28.1)
        var random = SplitMix(seed: 5)
        for _ in 0..<2000 {
            let left = Double.random(in: 0..<319, using: &random)
            let top = Double.random(in: 0..<239, using: &random)
            let kind = try #require(["person", "face", "box"].randomElement(using: &random))
            let found = try obstacle(
                kind, left, top, Double.random(in: (left + 0.5)...320, using: &random),
                Double.random(in: (top + 0.5)...240, using: &random))
            #expect(-30...30 ~= found.angle)
            #expect(0.3...5 ~= found.distance)
        }
    }

    @Test func `only listed kinds count, and the nearest comes first`() {
        let sight = Sight(
            width: 320, height: 240,
            detections: [
                .init(kind: "cloud", confidence: 0.9, left: 0, top: 0, right: 320, bottom: 240),
                .init(kind: "person", confidence: 0.9, left: 100, top: 100, right: 130, bottom: 190),
                .init(kind: "box", confidence: 0.6, left: 20, top: 20, right: 300, bottom: 220),
            ])
        #expect(estimator.obstacles(in: sight).map(\.type) == ["box", "person"])
    }

    @Test func `an engine's broken answer is never taken for a clear way`() {
        let broken: [JSONValue] = [
            [:], ["width": 320, "height": 240], ["width": 0, "height": 240, "detections": []],
            ["width": 320, "height": 240, "detections": [["class": "person"]]],
            ["width": 320, "height": 240, "detections": [["class": "p", "confidence": 2, "bbox": [0, 0, 1, 1]]]],
            ["width": 320, "height": 240, "detections": [["class": "p", "confidence": 0.5, "bbox": [5, 0, 1, 1]]]],
            ["fault": "engine", "error": "x"],
        ]
        for answer in broken {
            do {
                _ = try Sight(answer: answer)
                Issue.record("accepted \(answer)")
            } catch {
                guard case .failed = error else {
                    Issue.record("\(error)")
                    continue
                }
            }
        }
        #expect(throws: EngineError.payload("Cannot decode image: truncated")) {
            try Sight(answer: ["fault": "image", "error": "truncated"])
        }
    }

    @Test func `weak detections and too many are dropped`() {
        let detections = (1...9).map {
            Detection(kind: "x", confidence: Double($0) / 10, left: 0, top: 0, right: 1, bottom: 1)
        }
        let kept = Sight(width: 10, height: 10, detections: detections).keeping(confidence: 0.5, count: 3)
        #expect(kept.detections.map(\.confidence) == [0.9, 0.8, 0.7])
    }

    @Test func `the nearest face is tracked, other modes are not invented`() throws {
        let sight = Sight(
            width: 320, height: 240,
            detections: [
                .init(kind: "face", confidence: 0.9, left: 0, top: 0, right: 30, bottom: 30),
                .init(kind: "face", confidence: 0.6, left: 200, top: 50, right: 280, bottom: 130),
            ])
        let tracking = try #require(Tracking(sight, mode: .face))
        #expect(tracking.offset == 0.5)
        #expect(tracking.target == "face")
        #expect(Tracking(sight, mode: .hand) == nil)
        #expect(Tracking(sight, mode: .none) == nil)
        #expect(Tracking(Sight(width: 320, height: 240, detections: []), mode: .face) == nil)
    }

    @Test func `a hand is followed, and without one the nearest person`() throws {
        let people: [Detection] = [
            .init(kind: "person", confidence: 0.6, left: 10, top: 100, right: 40, bottom: 180),
            .init(kind: "person", confidence: 0.9, left: 200, top: 20, right: 280, bottom: 240),
        ]
        let person = try #require(Tracking(Sight(width: 320, height: 240, detections: people), mode: .hand))
        #expect(person.target == "person")
        #expect(person.mode == .hand, "the robot believes only what it has asked for")
        #expect(person.offset == 0.5)
        let hand = Detection(kind: "hand", confidence: 0.5, left: 0, top: 0, right: 20, bottom: 20)
        let waving = try #require(Tracking(Sight(width: 320, height: 240, detections: people + [hand]), mode: .hand))
        #expect(waving.target == "hand")
        #expect(waving.offset == -0.938)
        #expect(Tracking(Sight(width: 320, height: 240, detections: people), mode: .face) == nil)
    }
}

private let hasOpenCV =
    FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/cv2")
    || !((try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/python3/dist-packages")) ?? [])
        .filter { $0.hasPrefix("cv2.") }.isEmpty

@Suite(.enabled(if: hasOpenCV, "OpenCV is not installed: apt install python3-opencv opencv-data"), .serialized)
struct VisionProviderTests {
    private func provider(_ folder: String, metrics: RecordedMetrics = .init()) throws -> DomainProvider {
        var configuration = VisionProviderConfiguration()
        configuration.timeout = .seconds(120)
        configuration.engines[0].limits.timeout = .seconds(120)
        return try .vision(
            configuration, breaker: .init(),
            environment: .init(metrics: metrics, engineFolder: folder + "/private/engines"))
    }

    @Test func `sees nothing where nothing is`() async throws {
        try await withTemporaryFolder { folder in
            let provider = try provider(folder)
            try await running(provider) {
                let clear = try JSONValue(parsing: Fixture.bytes("topic.vision.frame.offload.clear.json"))
                let frame = try task(
                    .visionFrame,
                    ["frame_data": try #require(clear["frame_jpeg"]), "frame_id": "f-1", "timestamp": 17.5])
                let result = try await provider.process(frame)
                #expect(result.status == .completed, "\(result.error ?? "")")
                #expect(
                    try result.json
                        == [
                            "frame_id": "f-1", "timestamp": 17.5, "obstacles": [], "should_avoid": false,
                            "suggested_action": "continue", "image_width": 320, "image_height": 240,
                        ])
                #expect(result.metaValue("processing_type") == "frame_offload")
                #expect(result.metaValue("engine") == "opencv")
                #expect(result.metaValue("model") == "hog+haar")
                let statuses = await provider.engines()
                #expect(statuses.map(\.available) == [true, true])
                #expect(statuses.first?.detail.contains("OpenCV") == true)
            }
        }
    }

    /// `face.jpg`: an official portrait by NASA, in the public domain, made smaller.
    @Test func `sees a face, says where it is, and follows it`() async throws {
        try await withTemporaryFolder { folder in
            let provider = try provider(folder)
            try await running(provider) {
                let file = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "face.jpg")
                let picture = JSONValue.string(try Data(contentsOf: file).base64EncodedString())
                let detected = try await provider.process(task(.visionDetection, ["image_data": picture]))
                let detections = try detected.json["detections"]?.array ?? []
                let faces = detections.filter { $0["class"] == "face" }
                #expect(faces.count == 1)
                let edges = (faces.first?["bbox"]?.array ?? []).compactMap(\.double)
                try #require(edges.count == 4)
                #expect(edges[0] < 141 && 141 < edges[2] && edges[1] < 71 && 71 < edges[3])

                let meta: JSONValue = ["tracking_state": ["enabled": true, "mode": "face"]]
                let frame = try await provider.process(
                    claimed(
                        TaskEnvelope(
                            id: "t", type: .visionFrame, payload: (["frame_data": picture] as JSONValue).encoded,
                            meta: meta.encoded)))
                let obstacles = try frame.json["obstacles"]?.array ?? []
                let obstacle = try #require(obstacles.first { $0["type"] == "face" })
                #expect(try frame.json["should_avoid"] == true)
                let angle = try #require(obstacle["angle"]?.double)
                let distance = try #require(obstacle["distance"]?.double)
                #expect(-10...0 ~= angle, "left of the middle")
                #expect(0.5...2 ~= distance)
                let tracking = try frame.json["tracking"]
                let offset = try #require(tracking?["offset"]?.double)
                #expect(-0.3...0 ~= offset)
            }
        }
    }

    @Test func `measures pictures of both formats`() async throws {
        try await withTemporaryFolder { folder in
            let provider = try provider(folder)
            try await running(provider) {
                for fixture in ["task.vision.detection.json", "task.vision.detection.png.json"] {
                    let result = try await provider.process(Fixture.task(fixture))
                    #expect(
                        try result.json == [
                            "detections": [], "image_width": 64, "image_height": 48, "num_detections": 0,
                        ])
                }
                let numbered = try await provider.process(Fixture.task("bad/task.vision-frame_id-number.json"))
                #expect(try numbered.json["frame_id"] == "123")
                #expect(try numbered.json["timestamp"] == .null)
                let tracked = try await provider.process(Fixture.task("task.vision.frame.tracking.json"))
                #expect(tracked.status == .completed)
                #expect(try tracked.json["tracking"] == nil)
            }
        }
    }

    @Test func `bad pictures are the caller's mistakes, never obstacles, and the breaker stays closed`() async throws {
        try await withTemporaryFolder { folder in
            let metrics = RecordedMetrics()
            let provider = try provider(folder, metrics: metrics)
            try await running(provider) {
                let bad = [
                    ("bad/task.vision-jpeg-bomb-header.json", "65535 x 65535"),
                    ("bad/task.vision-truncated-jpeg.json", "truncated"),
                    ("bad/task.vision-not-a-jpeg.json", "neither JPEG nor PNG"),
                    ("bad/task.vision-missing-frame.json", "Missing frame_data in payload"),
                    ("bad/task.vision-missing-image.json", "Missing image_data in payload"),
                ]
                for (fixture, error) in bad + bad {
                    let result = try await provider.process(Fixture.task(fixture))
                    #expect(result.status == .failed)
                    #expect(result.output == nil)
                    #expect(!result.fallbackRequired)
                    #expect(result.error?.contains(error) == true, "\(result.error ?? "")")
                }
                let noBase64 = try await provider.process(task(.visionFrame, ["frame_data": "_-_-"]))
                #expect(noBase64.error == "Cannot decode image: not base64")
                #expect(metrics["circuit_breaker_state", ("provider", "VisionProvider"), ("engine", "opencv")] == 0)
                #expect(
                    metrics["circuit_breaker_failures_total", ("provider", "VisionProvider"), ("engine", "opencv")]
                        == nil)
            }
        }
    }

    @Test func `the engine's script is private`() async throws {
        try await withTemporaryFolder { folder in
            _ = try provider(folder)
            let files = FileManager.default
            let script = folder + "/private/engines/vision_opencv.py"
            let mode = try files.attributesOfItem(atPath: script)[.posixPermissions] as? Int
            let folderMode = try files.attributesOfItem(atPath: folder + "/private/engines")[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(folderMode == 0o700)
            #expect(try files.contentsOfDirectory(atPath: folder + "/private/engines") == ["vision_opencv.py"])
        }
    }
}

@Suite struct VisionFallbackTests {
    @Test func `a frame past its deadline is not shown to an engine, and no breaker counts it`() async throws {
        try await withTemporaryFolder { folder in
            var configuration = VisionProviderConfiguration()
            // On a slow machine the frame's own end must come before any other limit.
            configuration.timeout = .seconds(300)
            configuration.engines[0].limits.timeout = .seconds(300)
            // It never becomes ready.
            configuration.engines[0].arguments = [
                URL(filePath: #filePath).deletingLastPathComponent().appending(path: "echo_engine.py").path(),
                "--silent",
            ]
            let metrics = RecordedMetrics()
            let provider = try DomainProvider.vision(
                configuration, breaker: .init(failureThreshold: 1),
                environment: .init(metrics: metrics, engineFolder: folder))
            var meta = JSONWriter()
            meta.object { writer in
                writer.key(dynamic: Receipt.key)
                Receipt(.system).write(to: &writer)
            }
            let frame = claimed(
                try TaskEnvelope(
                    id: "f", type: .visionFrame, payload: Array(#"{"frame_data":"AAAA"}"#.utf8), meta: meta.bytes,
                    expiresIn: .milliseconds(20)))
            try await running(provider) {
                let result = try await provider.process(frame)
                #expect(result.status == .failed)
                #expect(result.error == "Expired before it was shown to an engine")
                #expect(result.output == nil)
                #expect(!result.fallbackRequired)
            }
            #expect(metrics["circuit_breaker_state", ("provider", "VisionProvider"), ("engine", "opencv")] == 0)
        }
    }

    @Test func `a missing interpreter means a fallback that says what to install`() async throws {
        try await withTemporaryFolder { folder in
            var configuration = VisionProviderConfiguration()
            configuration.engines[0].program = "/nonexistent/python3"
            let provider = try DomainProvider.vision(
                configuration, breaker: .init(), environment: .init(engineFolder: folder))
            try await running(provider) {
                let result = try await provider.process(Fixture.task("task.vision.frame.json"))
                #expect(result.fallbackRequired)
                #expect(result.output == nil)
                let status = try #require(await provider.engines().first)
                #expect(!status.available)
                #expect(status.detail.contains("apt install python3-opencv"))
            }
        }
    }
}
