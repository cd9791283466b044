import Foundation
import Glibc
import RiderModel
import Testing

@testable import RiderProviders

/// Models in ONNX form. The one here is written by the test, so that its answers are known; see `tiny_yolo.py`.
@Suite(
    .enabled(if: Pictures.hasOpenCV, "OpenCV is not installed: apt install python3-opencv opencv-data"), .serialized)
struct VisionModelTests {
    private func provider(
        _ folder: String, model: String, arguments: [String] = [],
        _ change: (inout VisionProviderConfiguration) -> Void = { _ in }
    ) throws -> DomainProvider {
        var configuration = VisionProviderConfiguration()
        configuration.timeout = .seconds(120)
        configuration.engines[0].limits.timeout = .seconds(120)
        configuration.engines[0].model = model
        configuration.engines[0].arguments += arguments
        change(&configuration)
        return try .vision(configuration, breaker: .init(), environment: .init(engineFolder: folder + "/engines"))
    }

    /// A red square near the middle on the right, a blue one at the top left.
    private static let picture = Pictures.drawing(
        width: 320, height: 240,
        squares: [(255, 0, 0, 200..<260, 100..<160), (0, 0, 255, 40..<80, 40..<80)])

    private func seen(_ provider: DomainProvider, _ picture: JSONValue) async throws -> JSONValue {
        let result = try await provider.process(task(.visionDetection, ["image_data": picture]))
        #expect(result.status == .completed, "\(result.error ?? "")")
        return try result.json
    }

    @Test(arguments: [[], ["--rows-first"]])
    func `a model sees what it knows, where it is, whichever way round its output is`(options: [String]) async throws {
        try await withTemporaryFolder { folder in
            let model = folder + "/tiny.onnx"
            _ = try await Pictures.run("tiny_yolo.py", [model] + options)
            let provider = try provider(folder, model: model)
            try await running(provider) {
                let seen = try await seen(provider, Self.picture)
                // The square's cell is a box of 24 pixels in a model of 64: 120 in the Self.picture, which is 5 times as large.
                let expected: JSONValue = [
                    ["class": "person", "confidence": 1.0, "bbox": [160, 80, 280, 200], "center": [220, 140]],
                    ["class": "hand", "confidence": 1.0, "bbox": [0, 0, 120, 120], "center": [60, 60]],
                ]
                #expect(seen["detections"] == expected)
                #expect(seen["image_width"] == 320)
                #expect(seen["image_height"] == 240)
                let status = try #require(await provider.engines().first)
                #expect(status.available)
            }
        }
    }

    @Test func `a frame says what stands in the way and what the robot follows`() async throws {
        try await withTemporaryFolder { folder in
            let model = folder + "/tiny.onnx"
            try await Pictures.writeTinyModel(to: model)
            let provider = try provider(folder, model: model)
            try await running(provider) {
                let meta: JSONValue = ["tracking_state": ["enabled": true, "mode": "hand"]]
                let result = try await provider.process(task(.visionFrame, ["frame_data": Self.picture], meta: meta))
                let frame = try result.json
                #expect(result.metaValue("model") == "tiny")
                let obstacles = try #require(frame["obstacles"]?.array)
                #expect(obstacles.map { $0["type"] } == ["person"], "a hand is no obstacle here")
                #expect(obstacles.first?["bbox"] == [160, 80, 280, 200])
                // 1.7 m of 120 pixels at a focal length of 277 pixels.
                #expect(obstacles.first?["distance"] == 3.93)
                #expect(frame["tracking"]?["mode"] == "hand")
                #expect(frame["tracking"]?["target"] == "hand")
                #expect(frame["tracking"]?["offset"] == -0.625)
            }
        }
    }

    @Test func `names come from a file given, from one beside the model, or from the model`() async throws {
        try await withTemporaryFolder { folder in
            let model = folder + "/tiny.onnx"
            try await Pictures.writeTinyModel(to: model, "--no-names")
            func classes(_ arguments: [String] = []) async throws -> [JSONValue?] {
                let provider = try provider(folder, model: model, arguments: arguments)
                return try await running(provider) {
                    try await seen(provider, Self.picture)["detections"]?.array?.map { $0["class"] } ?? []
                }
            }
            try "robot\nglove\n".write(toFile: folder + "/tiny.names", atomically: true, encoding: .utf8)
            #expect(try await classes() == ["robot", "glove"])
            try "ball\nfork\n".write(toFile: folder + "/given", atomically: true, encoding: .utf8)
            #expect(try await classes(["--names", folder + "/given"]) == ["ball", "fork"])
        }
    }

    @Test(arguments: [
        (["--wrong-shape"], "none of YOLOv8"), (["--no-names"], "does not name its 2 classes"),
        ([], "is no ONNX model"),
    ])
    func `a model that cannot be used is said to be, and the robot falls back`(
        options: [String], reason: String
    ) async throws {
        try await withTemporaryFolder { folder in
            let model = folder + "/tiny.onnx"
            if options.isEmpty {
                try Data("no model".utf8).write(to: URL(filePath: model))
            } else {
                _ = try await Pictures.run("tiny_yolo.py", [model] + options)
            }
            let provider = try provider(folder, model: model)
            try await running(provider) {
                let result = try await provider.process(task(.visionFrame, ["frame_data": Self.picture]))
                #expect(result.fallbackRequired)
                #expect(result.error?.contains(reason) == true, "\(result.error ?? "")")
                let status = try #require(await provider.engines().first)
                #expect(status.detail.contains(reason), "\(status.detail)")
            }
        }
    }

    @Test func `what is less certain than configured is not told`() async throws {
        try await withTemporaryFolder { folder in
            let model = folder + "/tiny.onnx"
            try await Pictures.writeTinyModel(to: model)
            let provider = try provider(folder, model: model) { $0.confidenceThreshold = 0.6 }
            // Half of a cell is red: a probability of one half.
            let doubtful = Pictures.drawing(width: 320, height: 240, squares: [(255, 0, 0, 200..<240, 100..<120)])
            try await running(provider) {
                let nothing = try await seen(provider, doubtful)
                #expect(nothing["num_detections"] == 0)
                let both = try await seen(provider, Self.picture)
                #expect(both["num_detections"] == 2)
            }
        }
    }
}

/// What Debian's sample pictures show. Nothing of them is ours, and no one is a mock.
@Suite(
    .enabled(
        if: Pictures.hasOpenCV && Pictures.samples != nil,
        "needs OpenCV and its sample pictures: tools/setup engines tests"), .serialized)
struct VisionSampleTests {
    /// Frames of the film with a person whom one can point at: where their middle is.
    private static let people: [(frame: Int, x: Double, y: Double)] = [
        (30, 647, 301), (60, 634, 291), (210, 676, 354), (390, 655, 341), (630, 379, 472),
    ]

    private func frame(_ provider: DomainProvider, _ picture: JSONValue) async throws -> (ClaimedTask, TaskResult) {
        let task = try task(
            .visionFrame, ["frame_data": picture], meta: ["source_topic": "vision.frame.offload"])
        let result = try await provider.process(task)
        #expect(result.status == .completed, "\(result.error ?? "")")
        return (task, result)
    }

    private func told(_ provider: DomainProvider, _ picture: JSONValue) async throws -> JSONValue {
        let (task, result) = try await frame(provider, picture)
        let messages = RobotMessages.from(task: task, result: result, now: UnixTime(milliseconds: 0))
        let message = try #require(messages.first { $0.topic == .obstacle })
        return try JSONValue(parsing: message.body)
    }

    private func withProvider(_ body: @escaping @Sendable (DomainProvider) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            var configuration = VisionProviderConfiguration()
            configuration.timeout = .seconds(120)
            configuration.engines[0].limits.timeout = .seconds(120)
            let provider = try DomainProvider.vision(
                configuration, breaker: .init(), environment: .init(engineFolder: folder))
            try await running(provider) { try await body(provider) }
        }
    }

    @Test func `people are present, with a box over each of them`() async throws {
        try await withProvider { provider in
            for sample in Self.people {
                let told = try await told(provider, try await Pictures.pedestrians(sample.frame))
                #expect(told["present"] == true)
                let boxes = (told["obstacles"]?.array ?? []).filter { $0["type"] == "person" }
                    .compactMap { $0["bbox"]?.array?.compactMap(\.double) }
                #expect(
                    boxes.contains { $0[0] < sample.x && sample.x < $0[2] && $0[1] < sample.y && sample.y < $0[3] },
                    "frame \(sample.frame): \(boxes)")
            }
        }
    }

    @Test func `a player is seen as a person and by his face`() async throws {
        try await withProvider { provider in
            let told = try await told(provider, try Pictures.sample("basketball1.png"))
            #expect(told["present"] == true)
            let kinds = Set((told["obstacles"]?.array ?? []).compactMap { $0["type"]?.string })
            #expect(kinds == ["person", "face"])
        }
    }

    @Test(arguments: ["home.jpg", "fruits.jpg"])
    func `where nobody is nobody is present`(name: String) async throws {
        try await withProvider { provider in
            let told = try await told(provider, try Pictures.sample(name))
            #expect(told["present"] == false)
            #expect(told["obstacles"] == [])
            #expect(told["confidence"]?.double == 0)
        }
    }
}
