import Foundation
import Metrics
import RiderModel
import Synchronization
import TestSupport
import Testing

@testable import RiderProviders

/// Does as the test says.
private struct ScriptedEngine: Engine {
    var taskType = TaskType.textGenerate
    var name = "scripted"
    var kind = EngineKind.http
    var behaviour: @Sendable () async throws -> TaskResult

    func status() async -> EngineStatus { available("1") }
    func perform(_ task: ClaimedTask) async throws -> TaskResult { try await behaviour() }
}

@Suite struct DomainProviderTests {
    private let clock = ManualClock()
    private let metrics = RecordedMetrics()
    private let label = ("provider", "TextProvider")
    private let engine = ("engine", "scripted")

    private func provider(
        timeout: Duration = .seconds(100), _ behaviour: @escaping @Sendable () async throws -> TaskResult
    ) -> DomainProvider {
        DomainProvider(
            .text, isEnabled: true, maxConcurrentTasks: 2, timeout: timeout,
            engines: [ScriptedEngine(behaviour: behaviour)],
            breaker: .init(failureThreshold: 2, openDuration: .seconds(60), successThreshold: 1),
            environment: .init(metrics: metrics, time: clock.source))
    }

    private func question() throws -> ClaimedTask { try task(.textGenerate, ["prompt": "hej"]) }

    @Test func `an engine that keeps failing is left alone, tried again, and trusted again`() async throws {
        let isBroken = Mutex(true)
        let calls = Mutex(0)
        let provider = provider {
            calls.withLock { $0 += 1 }
            if isBroken.withLock({ $0 }) { throw EngineError.failed("broke") }
            return .completed([:])
        }
        #expect(metrics["circuit_breaker_state", label, engine] == 0)
        for _ in 0..<2 {
            let result = try await provider.process(question())
            #expect(result.error == "broke")
            #expect(result.fallbackRequired)
        }
        #expect(metrics["circuit_breaker_state", label, engine] == 1)
        let refused = try await provider.process(question())
        #expect(refused.error == "Circuit breaker open, use local processing")
        #expect(refused.meta == [.init("retry_after_seconds", 60.0), .init("fallback_required", true)])
        #expect(refused.processingMilliseconds == nil)
        #expect(calls.withLock { $0 } == 2)

        clock.advance(by: .seconds(60))
        isBroken.withLock { $0 = false }
        #expect(try await provider.process(question()).status == .completed)
        #expect(metrics["circuit_breaker_state", label, engine] == 0)
        #expect(metrics["circuit_breaker_failures_total", label, engine] == 2)
    }

    @Test func `a breaker that opens or closes rings, and is told without asking the engine`() async throws {
        let isBroken = Mutex(true)
        let provider = provider {
            if isBroken.withLock({ $0 }) { throw EngineError.failed("broke") }
            return .completed([:])
        }
        let seen = await provider.engines()
        #expect(seen.allSatisfy { $0.worksNow })
        var rings = provider.engineChanges.makeAsyncIterator()
        for _ in 0..<2 { _ = try await provider.process(question()) }
        await rings.next()
        let open = provider.refreshed(seen)
        #expect(open.map(\.breaker) == [.open])
        #expect(open.map(\.untilRetry) == [.seconds(60)])
        #expect(!open.contains { $0.worksNow })

        clock.advance(by: .seconds(60))
        #expect(provider.refreshed(seen).allSatisfy { $0.worksNow }, "a trial would be let through")
        isBroken.withLock { $0 = false }
        _ = try await provider.process(question())
        await rings.next()
        #expect(provider.refreshed(open).map(\.breaker) == [.closed])
    }

    @Test func `the caller's mistakes and missing engines open nothing`() async throws {
        for error in [EngineError.payload("bad"), .absent("none")] {
            let provider = provider { throw error }
            for _ in 0..<10 {
                let result = try await provider.process(question())
                #expect(result.fallbackRequired == (error == .absent("none")))
            }
            #expect(metrics["circuit_breaker_state", label, engine] == 0)
        }
    }

    @Test func `a task that takes too long is ended and counted`() async throws {
        let wasCancelled = Mutex(false)
        let provider = provider(timeout: .milliseconds(100)) {
            try await withTaskCancellationHandler {
                try await untilCancelled()
            } onCancel: {
                wasCancelled.withLock { $0 = true }
            }
            return .completed([:])
        }
        let result = try await provider.process(question())
        #expect(result.error == "text.generate took longer than 0.1 s and was ended")
        #expect(result.fallbackRequired)
        #expect(wasCancelled.withLock { $0 })
        #expect(metrics["circuit_breaker_failures_total", label, engine] == 1)
    }

    @Test func `time is measured by the monotonic clock`() async throws {
        let clock = clock
        let provider = provider {
            clock.advance(by: .milliseconds(35))
            return .completed([:])
        }
        #expect(try await provider.process(question()).processingMilliseconds == 35)
    }

    @Test func `a type of another domain is not supported`() async throws {
        let provider = provider { .completed([:]) }
        let result = try await provider.process(task(.voiceTTS, ["text": "hej"]))
        #expect(result.error == "Unsupported task type: voice.tts")
    }

    @Test func `a provider that is switched off asks for a fallback`() async throws {
        var configuration = VoiceProviderConfiguration()
        configuration.enabled = false
        let provider = try DomainProvider.voice(configuration, breaker: .init(), environment: .init(metrics: metrics))
        let result = try await provider.process(Fixture.task("task.voice.tts.json"))
        #expect(result.error == "Provider not initialized")
        #expect(result.fallbackRequired)
        #expect(result.processingMilliseconds == nil)
        #expect(await provider.engines().allSatisfy { !$0.available })
        #expect(metrics["provider_initialized", ("provider", "VoiceProvider")] == 0)
        try await provider.run()
    }

    @Test func `engines found make a provider initialised`() async throws {
        let provider = provider { .completed([:]) }
        _ = await provider.engines()
        #expect(metrics["provider_initialized", label] == 1)
    }

    @Test func `mocks must be asked for by name and say that they are mocks`() async throws {
        var text = TextProviderConfiguration()
        text.nlu.engines = [.mock]
        text.generate.engines = [.mock]
        var voice = VoiceProviderConfiguration()
        voice.tts.engines = [.mock]
        voice.asr.engines = [.mock]
        var vision = VisionProviderConfiguration()
        vision.engines = [.mock]
        let providers: [DomainProvider] = try [
            .text(text, breaker: .init()), .voice(voice, breaker: .init()), .vision(vision, breaker: .init()),
        ]
        for fixture in [
            "task.text.nlu.json", "task.text.generate.json", "task.voice.tts.json", "task.voice.asr.json",
            "task.vision.frame.json", "task.vision.detection.json",
        ] {
            let task = try Fixture.task(fixture)
            let provider = try #require(providers.first { $0.domain == task.envelope.type.domain })
            let result = try await provider.process(task)
            #expect(result.status == .completed, "\(fixture): \(result.error ?? "")")
            #expect(result.metaValue("engine") == "mock")
            // The shape of the contract's sample, if not its values.
            let sample = try JSONValue(parsing: Fixture.bytes("result.\(task.envelope.type.rawValue).json"))
            let keys = Set(sample["result"]?.members?.map(\.key) ?? [])
            #expect(try Set(result.json.members?.map(\.key) ?? []) == keys)
        }
    }

    @Test func `unknown engines and unreadable rules are refused by name`() {
        var text = TextProviderConfiguration()
        text.nlu.engines = [.init(name: "magic", kind: .command)]
        #expect(throws: ProviderConfigurationError.self) { try DomainProvider.text(text, breaker: .init()) }
        text.nlu.engines = [.init(name: "rules", kind: .builtin, file: "/nonexistent/rules.toml")]
        do {
            _ = try DomainProvider.text(text, breaker: .init())
            Issue.record("accepted")
        } catch {
            #expect(error.description.hasPrefix("text.nlu.rules.file: "))
        }
        var vision = VisionProviderConfiguration()
        vision.engines = [.init(name: "yolo", kind: .command)]
        #expect(throws: ProviderConfigurationError.self) { try DomainProvider.vision(vision, breaker: .init()) }
    }

    @Test func `names are those of the metrics`() throws {
        var voice = VoiceProviderConfiguration()
        voice.asr.engines = [.mock]
        #expect(try DomainProvider.voice(voice, breaker: .init()).name == "VoiceProvider")
        #expect(try DomainProvider.text(.init(), breaker: .init()).name == "TextProvider")
        #expect(try DomainProvider.text(.init(), breaker: .init()).maxConcurrentTasks == 2)
    }
}
