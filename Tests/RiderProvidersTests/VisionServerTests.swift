import RiderModel
import Testing

@testable import RiderProviders

/// Vision by servers.
@Suite struct VisionServerTests {
    private func provider(
        _ url: String, speech: VisionProtocol = .json, threshold: Int = 5
    ) throws -> DomainProvider {
        var engine = EngineConfiguration(
            name: "eyes", kind: .http, protocolName: speech.rawValue,
            limits: .init(timeout: .seconds(60), maxOutputBytes: 1 << 20, maxConcurrent: 2))
        engine.url = url
        engine.model = "yolo"
        engine.retries = 0
        var configuration = VisionProviderConfiguration()
        configuration.timeout = .seconds(120)
        configuration.engines = [engine]
        return try .vision(configuration, breaker: .init(failureThreshold: threshold))
    }

    @Test func `simple JSON is understood, and a box ends where the picture does`() async throws {
        try await EngineServerStandIn.run("vision_server.py") { server in
            let provider = try provider(server.host + "/detect")
            try await running(provider) {
                let result = try await provider.process(Fixture.task("task.vision.detection.json"))
                // What the server says about the size is not believed: the picture has 64 x 48 pixels.
                let expected: JSONValue = [
                    "detections": [
                        ["class": "person", "confidence": 0.75, "bbox": [40, 30, 64, 48], "center": [52, 39]]
                    ],
                    "image_width": 64, "image_height": 48, "num_detections": 1,
                ]
                #expect(try result.json == expected, "\(result.error ?? "")")
                #expect(result.metaValue("engine") == "eyes")
                #expect(result.metaValue("model") == "yolo")
                let statuses = await provider.engines()
                #expect(statuses.allSatisfy { $0.available && $0.kind == .http })
            }
        }
    }

    @Test func `KServe's protocol is understood`() async throws {
        try await EngineServerStandIn.run("vision_server.py") { server in
            let provider = try provider(server.host + "/v2/models/yolo/infer", speech: .kserve)
            try await running(provider) {
                let seen = try await provider.process(Fixture.task("task.vision.detection.json")).json
                #expect(seen["detections"]?.array?.map { $0["class"] } == ["person", "cup"])
                #expect(seen["detections"]?.array?.first?["bbox"] == [1, 2, 31, 42])
                let frame = try await provider.process(Fixture.task("task.vision.frame.json")).json
                #expect(frame["obstacles"]?.array?.map { $0["type"] } == ["person"])
                #expect((frame["image_width"]?.int ?? 0) > 0)
            }
        }
    }

    @Test(arguments: [
        "/other-size", "/broken-box", "/no-detections", "/garbage", "/half", "/endless", "/500",
        "/v2/models/short/infer",
    ])
    func `an answer that is no good is never a clear way, and the breaker counts it`(path: String) async throws {
        try await EngineServerStandIn.run("vision_server.py") { server in
            let provider = try provider(
                server.host + path, speech: path.hasPrefix("/v2") ? .kserve : .json, threshold: 2)
            try await running(provider) {
                for _ in 0..<2 {
                    let result = try await provider.process(Fixture.task("task.vision.frame.json"))
                    #expect(result.status == .failed)
                    #expect(result.output == nil)
                    #expect(result.fallbackRequired)
                }
                #expect(await provider.engines().allSatisfy { !$0.worksNow })
                let refused = try await provider.process(Fixture.task("task.vision.frame.json"))
                #expect(refused.error == DomainProvider.breakerRefusal)
            }
        }
    }

    @Test func `a picture that is none is the caller's mistake, and the server does not get to see it`() async throws {
        let provider = try provider("http://127.0.0.1:1/detect")
        try await running(provider) {
            for (fixture, error) in [
                ("bad/task.vision-jpeg-bomb-header.json", "65535 x 65535"),
                ("bad/task.vision-truncated-jpeg.json", "truncated"),
                ("bad/task.vision-not-a-jpeg.json", "neither JPEG nor PNG"),
            ] {
                let result = try await provider.process(Fixture.task(fixture))
                #expect(result.error?.contains(error) == true, "\(result.error ?? "")")
                #expect(!result.fallbackRequired)
            }
            let away = try await provider.process(Fixture.task("task.vision.frame.json"))
            #expect(away.fallbackRequired)
        }
    }
}
