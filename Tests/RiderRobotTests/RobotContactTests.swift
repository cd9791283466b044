import Logging
import RiderHTTP
import RiderModel
import RiderPublisher
import ServiceLifecycle
import TestSupport
import Testing

@testable import RiderRobot

/// The contact with a robot that is a process of its own.
@Suite(.timeLimit(.minutes(1))) struct RobotContactTests {
    private let metrics = CountingMetrics()
    private let heard = Heard()
    private let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    private func contact(
        _ robot: StandIn, _ change: (inout RobotContactConfiguration) -> Void = { _ in }
    ) -> RobotContact {
        var configuration = RobotContactConfiguration(robotURL: robot.url)
        // Short, so that no test waits; none depends on how short.
        configuration.heartbeatInterval = .milliseconds(20)
        configuration.idleVoiceInterval = .milliseconds(20)
        configuration.trackingInterval = .milliseconds(20)
        configuration.retryBase = .milliseconds(5)
        configuration.retryMaximum = .milliseconds(20)
        configuration.requestTimeout = .seconds(30)
        change(&configuration)
        return RobotContact(
            configuration: configuration, environment: heard.environment, instance: "us", logger: quiet,
            factory: metrics)
    }

    private func running<Success: Sendable>(
        _ contact: RobotContact, _ body: () async throws -> Success
    ) async throws -> Success {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await contact.run() }
            let result: Result<Success, any Error>
            do { result = .success(try await body()) } catch { result = .failure(error) }
            group.cancelAll()
            try await group.waitForAll()
            return try result.get()
        }
    }

    private let isPC: JSONValue = ["state": ["vision": ["mode": "pc", "status": "pc_pending"]]]

    // MARK: - Modes

    @Test func `modes are read when the bus is there and again after each reconnection`() async throws {
        let robot = try await StandIn()
        let contact = contact(robot)
        try await running(contact) {
            contact.busChanged(isUp: true)
            let first = await heard.states()
            #expect(first.count == 3)
            #expect(first.allSatisfy { $0.mode == .local && $0.status == "local_only" && $0.reason == "boot" })

            contact.busChanged(isUp: false)
            try await robot.obey(isPC)
            contact.busChanged(isUp: true)
            let second = await heard.states()
            #expect(second.first { $0.domain == .vision }?.wantsResults == true)
            #expect(second.first { $0.domain == .voice }?.wantsResults == false)
        }
    }

    @Test func `nobody is asked for modes while the bus is down`() async throws {
        let robot = try await StandIn()
        let contact = contact(robot) { $0.modesInterval = .milliseconds(1) }
        try await running(contact) {
            contact.busChanged(isUp: true)
            #expect(await heard.states().count == 3)
            contact.busChanged(isUp: false)
            // One more question may have been on its way.
            for _ in 0..<2 { try await robot.request("/healthz") }
            for _ in 0..<10 {
                let line = try await robot.line { $0["path"] != nil }
                #expect(line["path"] != "/api/providers/state")
            }
        }
    }

    @Test(arguments: [503, "garbage", "half", "endless"] as [JSONValue])
    func `a robot that gives no answer is asked until it does`(fault: JSONValue) async throws {
        let robot = try await StandIn()
        try await robot.obey(["fault": ["/api/providers/state": fault]])
        let contact = contact(robot)
        try await running(contact) {
            contact.busChanged(isUp: true)
            for _ in 0..<3 { try await robot.request("/api/providers/state") }
            try await robot.obey(["fault": ["/api/providers/state": nil]])
            #expect(await heard.states().count == 3)
        }
    }

    @Test func `an answer that events have overtaken is asked for again`() async throws {
        let robot = try await StandIn()
        heard.contest(times: 2)
        let contact = contact(robot)
        try await running(contact) {
            contact.busChanged(isUp: true)
            for _ in 0..<3 { #expect(await heard.states().count == 3) }
        }
    }

    @Test func `modes are read now and then although nothing was missed`() async throws {
        let robot = try await StandIn()
        let contact = contact(robot) { $0.modesInterval = .milliseconds(5) }
        try await running(contact) {
            contact.busChanged(isUp: true)
            for _ in 0..<4 { #expect(await heard.states().count == 3) }
        }
    }

    @Test func `a state that cannot be read is asked for, once however often it comes`() async throws {
        let robot = try await StandIn()
        let contact = contact(robot) {
            $0.modesInterval = .seconds(3600)
            $0.retryBase = .seconds(3600)
        }
        try await running(contact) {
            contact.busChanged(isUp: true)
            #expect(await heard.states().count == 3)
            try await robot.obey(isPC)
            for _ in 0..<1000 { contact.modesAreUnclear() }
            #expect(await heard.states().first { $0.domain == .vision }?.wantsResults == true)
            // The others wait for an hour; another occasion does not.
            contact.busChanged(isUp: true)
            #expect(await heard.states().count == 3)
        }
        #expect(heard.answers == 3)
    }

    @Test func `a state that cannot be read while the bus is down is asked for when it is back`() async throws {
        let robot = try await StandIn()
        let contact = contact(robot) { $0.modesInterval = .seconds(3600) }
        contact.modesAreUnclear()
        try await running(contact) {
            contact.busChanged(isUp: true)
            #expect(await heard.states().count == 3)
            contact.modesAreUnclear()
            #expect(await heard.states().count == 3)
        }
    }

    // MARK: - Heartbeats

    /// Runs a server of ours beside a body and tells it the address.
    private func withServer(instance: String, _ body: (String) async throws -> Void) async throws {
        struct Healthy: HealthSource {
            func checks() async -> [HealthCheck] { [] }
        }
        var configuration = HTTPConfiguration()
        configuration.port = 0
        configuration.instance = instance
        let (addresses, announce) = AsyncStream.makeStream(of: ListeningAddress.self)
        let server = HTTPServer(
            configuration: configuration,
            sources: HTTPSources(
                metrics: { [] }, health: Healthy(), capabilities: CapabilitiesSnapshot(Capabilities())),
            factory: metrics, logger: quiet, onListening: { announce.yield($0) })
        let group = ServiceGroup(services: [server], logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await group.run() }
            for await address in addresses {
                try await body(address.description)
                break
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }

    @Test func `a confirmed address is told with what this machine can do`() async throws {
        let robot = try await StandIn()
        try await withServer(instance: "us") { address in
            let contact = contact(robot) { $0.publicURL = address }
            try await running(contact) {
                contact.serverIsListening()
                let first = try await robot.request("/api/providers/pc-heartbeat")
                #expect(first["method"] == "POST")
                #expect(first["status"] == 200)
                let body = try #require(first["body"])
                #expect(body["base_url"] == .string(address))
                #expect(body["status"] == "online")
                #expect(body["reason"] == "heartbeat")
                #expect(body["capabilities"] == ["text": ["mode": "pc"]])
                #expect((body["timestamp"]?.double ?? 0) > 1.7e9)
                #expect(body["latency_ms"] == nil)
                let second = try await robot.request("/api/providers/pc-heartbeat")
                #expect((second["body"]?["latency_ms"]?.double ?? -1) >= 0)
                await metrics.value("robot_heartbeats_total{outcome=sent}", reaches: 2)
                #expect(metrics.value("public_address_confirmed") == 1)
                #expect(metrics.value("link_up{link=robot_http}") == 1)
            }
        }
    }

    @Test func `an address that leads to another program is not told`() async throws {
        let robot = try await StandIn()
        try await withServer(instance: "somebody else") { address in
            let contact = contact(robot) { $0.publicURL = address }
            try await running(contact) {
                contact.serverIsListening()
                await metrics.value("robot_heartbeats_total{outcome=held_back}", reaches: 3)
            }
            #expect(metrics.value("public_address_confirmed") == 0)
            #expect(metrics.value("robot_heartbeats_total{outcome=sent}") == 0)
        }
    }

    @Test func `an address at which nobody listens is not told`() async throws {
        let robot = try await StandIn()
        // A port that was free a moment ago.
        let address = try await { () async throws -> String in try await StandIn().url }()
        let contact = contact(robot) { $0.publicURL = address }
        try await running(contact) {
            contact.serverIsListening()
            await metrics.value("robot_heartbeats_total{outcome=held_back}", reaches: 2)
        }
        #expect(metrics.value("robot_heartbeats_total{outcome=sent}") == 0)
    }

    @Test func `a robot that is away or refuses is counted and tried again`() async throws {
        let robot = try await StandIn()
        try await robot.obey(["fault": ["/api/providers/pc-heartbeat": 500]])
        try await withServer(instance: "us") { address in
            let contact = contact(robot) { $0.publicURL = address }
            try await running(contact) {
                contact.serverIsListening()
                await metrics.value("robot_heartbeats_total{outcome=refused}", reaches: 2)
                try await robot.obey(["fault": ["/api/providers/pc-heartbeat": nil]])
                await metrics.value("robot_heartbeats_total{outcome=sent}", reaches: 1)
            }
        }
    }

    @Test func `a robot that never answers holds nothing else up`() async throws {
        let robot = try await StandIn()
        try await robot.obey([
            "fault": ["/api/providers/pc-heartbeat": "silent", "/api/providers/state": "silent", "/state": "silent"]
        ])
        heard.want(.vision, .voice)
        try await withServer(instance: "us") { address in
            let contact = contact(robot) {
                $0.publicURL = address
                $0.requestTimeout = .milliseconds(50)
            }
            contact.busChanged(isUp: true)
            try await running(contact) {
                contact.serverIsListening()
                for _ in 0..<3 {
                    await heard.event { $0 == .heartbeat(.text, .online) }
                    await heard.event { $0 == .idleVoice }
                }
                await metrics.value("robot_heartbeats_total{outcome=unreachable}", reaches: 1)
                await heard.event { $0 == .tracking(nil) }
            }
        }
    }

    @Test func `heartbeats on the bus say which domains have engines`() async throws {
        let robot = try await StandIn()
        try await running(contact(robot)) {
            await heard.event { $0 == .heartbeat(.vision, .blocked) }
            let next = await heard.event { _ in true }
            #expect(next == .heartbeat(.text, .online), "voice is switched off and says nothing")
        }
    }

    @Test func `an engine that comes or goes is told at once, and what has not changed is not`() async throws {
        let robot = try await StandIn()
        let contact = contact(robot) { $0.heartbeatInterval = .seconds(3600) }
        try await running(contact) {
            await heard.event { $0 == .heartbeat(.text, .online) }
            heard.goOffline(.text)
            contact.enginesChanged()
            await heard.event { $0 == .heartbeat(.text, .blocked) }
            contact.enginesChanged()
            heard.goOnline(.vision)
            contact.enginesChanged()
            let next = await heard.event { if case .heartbeat = $0 { true } else { false } }
            #expect(next == .heartbeat(.vision, .online), "text was told already")
        }
    }

    // MARK: - Silence

    @Test func `silence is answered only while the robot wants voice and we would hear words`() async throws {
        let robot = try await StandIn()
        heard.want(.voice)
        let contact = contact(robot)
        contact.busChanged(isUp: true)
        try await running(contact) {
            for _ in 0..<2 { await heard.event { $0 == .idleVoice } }
            heard.stopListening()
            // At most one more was on its way.
            await heard.event { $0 == .heartbeat(.text, .online) }
            await heard.event { $0 == .heartbeat(.text, .online) }
            for _ in 0..<10 {
                let event = await heard.event { if case .tracking = $0 { false } else { true } }
                #expect(event != .idleVoice)
            }
        }
    }

    // MARK: - What the robot says of itself

    @Test func `what the robot follows is asked for while it wants vision`() async throws {
        let robot = try await StandIn()
        try await robot.obey(["answer": ["/state": ["tracking": ["enabled": true, "mode": "face"]]]])
        let contact = contact(robot)
        try await running(contact) {
            await heard.event { $0 == .tracking(nil) }
            heard.want(.vision)
            await heard.event { $0 == .tracking(TrackingState(isEnabled: true, mode: .face)) }
            try await robot.obey(["fault": ["/state": 500]])
            await heard.event { $0 == .tracking(nil) }
        }
    }

    @Test func `the robot's health is remembered and its absence said`() async throws {
        let robot = try await StandIn()
        try await robot.obey(["answer": ["/healthz": ["ok": true, "status": "ok", "battery": 81]]])
        let contact = contact(robot)
        #expect(contact.health.json == ["ok": false, "status": "unknown"])
        try await running(contact) {
            for _ in 0..<2 { try await robot.request("/healthz") }
            #expect(contact.health.json["battery"] == 81)
            try await robot.obey(["fault": ["/healthz": 503]])
            for _ in 0..<2 { try await robot.request("/healthz") }
            #expect(contact.health.json["ok"] == false)
            #expect(contact.health.json["status"] == "error")
        }
    }

    @Test func `an answer of the robot without the usual fields gets them`() {
        #expect(RobotHealth.answered([:]).json == ["ok": true, "status": "ok"])
        #expect(RobotHealth.answered(["ok": false]).json == ["status": "ok", "ok": false])
    }
}
