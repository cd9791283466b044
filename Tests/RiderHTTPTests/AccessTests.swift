import Hummingbird
import HummingbirdTesting
import RiderModel
import Testing

@testable import RiderHTTP

struct AccessTests {
    private static func policy(host: String, token: String = "", allowed: [String] = []) -> AccessPolicy {
        var configuration = HTTPConfiguration()
        configuration.host = host
        configuration.token = token
        configuration.allowedHosts = allowed
        return AccessPolicy(configuration)
    }

    // MARK: - Loopback

    @Test(arguments: [
        "localhost", "localhost:8000", "LOCALHOST.:8000", "127.0.0.1:8000", "127.0.1.1", "[::1]:8000", "[::1]", nil,
        "bridge.example:80",
    ])
    func `on loopback usual names are welcome and may change things`(authority: String?) {
        let policy = Self.policy(host: "127.0.0.1", allowed: ["bridge.example"])
        #expect(policy.refusal(authority: authority, origin: nil, authorization: nil, purpose: .change) == nil)
    }

    @Test(arguments: [
        "evil.example", "evil.example:8000", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.256", "[::2]",
        "192.168.1.5", "", "0.0.0.0",
    ])
    func `on loopback foreign names are refused, for reading too`(authority: String) {
        let policy = Self.policy(host: "localhost")
        #expect(
            policy.refusal(authority: authority, origin: nil, authorization: nil, purpose: .read) == .foreignHost)
    }

    @Test(arguments: ["https://evil.example", "null", "http://localhost.evil.example", ""])
    func `on loopback foreign web pages may not change anything`(origin: String) {
        let policy = Self.policy(host: "::1")
        #expect(
            policy.refusal(authority: "localhost", origin: origin, authorization: nil, purpose: .change)
                == .foreignOrigin
        )
        #expect(policy.refusal(authority: "localhost", origin: origin, authorization: nil, purpose: .read) == nil)
    }

    @Test func `on loopback pages of this machine may change things`() {
        let policy = Self.policy(host: "127.0.0.1")
        #expect(
            policy.refusal(
                authority: "localhost", origin: "http://localhost:3000", authorization: nil, purpose: .change) == nil)
    }

    // MARK: - Beyond loopback

    @Test(arguments: ["0.0.0.0", "::", "192.168.1.5", "robot-pc"])
    func `beyond loopback everybody may read under any name`(host: String) {
        let policy = Self.policy(host: host)
        #expect(policy.refusal(authority: "robot-pc:8000", origin: nil, authorization: nil, purpose: .read) == nil)
        #expect(policy.refusal(authority: "robot-pc:8000", origin: nil, authorization: nil, purpose: .ask) == nil)
    }

    @Test(arguments: [
        (nil, AccessPolicy.Refusal.tokenMissing), ("", .tokenMissing), ("Basic c2VjcmV0", .tokenMissing),
        ("Bearer", .tokenMissing), ("Bearer ", .tokenWrong), ("Bearer secre", .tokenWrong),
        ("Bearer secretsecret", .tokenWrong), ("Bearer Secret", .tokenWrong), ("Bearer secret ", .tokenWrong),
    ])
    func `beyond loopback changes need the token`(authorization: String?, refusal: AccessPolicy.Refusal) {
        let policy = Self.policy(host: "0.0.0.0", token: "secret")
        #expect(
            policy.refusal(authority: "a", origin: nil, authorization: authorization, purpose: .change) == refusal)
    }

    @Test(arguments: ["Bearer secret", "bearer secret", "BEARER   secret"])
    func `the right token may change things`(authorization: String) {
        let policy = Self.policy(host: "0.0.0.0", token: "secret")
        #expect(policy.refusal(authority: "a", origin: nil, authorization: authorization, purpose: .change) == nil)
    }

    @Test func `without a configured token nobody may change anything, not even with an empty one`() {
        let policy = Self.policy(host: "0.0.0.0")
        for authorization in [nil, "Bearer ", "Bearer x"] {
            #expect(
                policy.refusal(authority: "a", origin: nil, authorization: authorization, purpose: .change)
                    == .noTokenConfigured)
        }
    }

    // MARK: - Answers

    @Test func `refusals say what to do and never show the token`() async throws {
        var configuration = HTTPConfiguration()
        configuration.host = "0.0.0.0"
        let bridge = TestBridge()
        let unset = try await bridge.server(configuration).application().test(.router) { try await $0.post("{}") }
        #expect(unset.status == .forbidden)
        #expect(unset.json?["error"]?.string?.contains("http.token") == true)

        configuration.token = "top-secret"
        try await bridge.server(configuration).application().test(.router) { client in
            let missing = try await client.post("{}")
            #expect(missing.status == .unauthorized)
            #expect(missing.headers[.wwwAuthenticate] == "Bearer")
            let wrong = try await client.post("{}", headers: [.authorization: "Bearer guess"])
            #expect(wrong.status == .unauthorized)
            #expect(!wrong.text.contains("top-secret") && !wrong.text.contains("guess"))
            let right = try await client.post(
                #"{"task_type":"text.nlu","payload":{}}"#, headers: [.authorization: "Bearer top-secret"])
            #expect(right.status == .accepted)
            #expect(try await client.get("/metrics").status == .ok)
        }
        #expect(bridge.submitted.count == 1)
    }
}
