import Testing

@testable import RiderBus

@Suite struct EndpointTests {
    @Test(arguments: [
        ("bind://127.0.0.1:5557", Endpoint.bind("127.0.0.1", port: 5557), "tcp://127.0.0.1:5557"),
        ("bind://*:5557", .bind("*", port: 5557), "tcp://*:5557"),
        ("bind://localhost:0", .bind("localhost", port: 0), "tcp://127.0.0.1:*"),
        ("tcp://rider-pi.local:5555", .connect("rider-pi.local", port: 5555), "tcp://rider-pi.local:5555"),
        ("tcp://[::1]:5555", .connect("::1", port: 5555), "tcp://[::1]:5555"),
    ])
    func goodTextIsUnderstoodAndWrittenBack(text: String, endpoint: Endpoint, address: String) throws {
        let parsed = try Endpoint(parsing: text)
        #expect(parsed == endpoint)
        #expect(parsed.address == address)
        #expect(parsed.description == text)
    }

    @Test(arguments: [
        ("127.0.0.1:5557", EndpointError.Code.unknownScheme), ("udp://a:1", .unknownScheme), ("", .unknownScheme),
        ("tcp://robot", .missingPort), ("tcp://[::1]", .missingPort), ("tcp://:5555", .missingHost),
        ("tcp://robot:0", .badPort), ("tcp://robot:65536", .badPort), ("bind://127.0.0.1:", .badPort),
        ("tcp://robot:-1", .badPort), ("tcp://ro bot:1", .badHost), ("tcp://::1:5555", .badHost),
        ("tcp://user@robot:5555", .badHost), ("tcp://0.0.0.0:5557", .nowhereToConnect),
        ("tcp://*:5557", .nowhereToConnect), ("tcp://[::]:5557", .nowhereToConnect),
    ])
    func badTextNamesTheFault(text: String, code: EndpointError.Code) {
        #expect(throws: EndpointError(code, in: text)) { try Endpoint(parsing: text) }
    }

    @Test(arguments: ["127.0.0.1", "127.255.0.9", "localhost", "::1"])
    func loopbackIsRecognised(host: String) {
        #expect(Endpoint.bind(host, port: 1).isLoopback)
    }

    @Test(arguments: ["*", "0.0.0.0", "::", "192.168.1.4", "127.0.0.1.example.org", "127.evil.example.org"])
    func everythingElseIsNotLoopback(host: String) {
        #expect(!Endpoint.bind(host, port: 1).isLoopback)
    }
}
