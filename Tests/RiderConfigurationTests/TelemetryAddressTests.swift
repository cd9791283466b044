import Testing

@testable import RiderConfiguration

@Suite struct TelemetryAddressTests {
    @Test(
        arguments: [
            ("0.0.0.0", nil, "bind://0.0.0.0:5557"), ("*", "6000", "bind://0.0.0.0:6000"),
            ("bind://127.0.0.1", "6000", "bind://127.0.0.1:6000"), ("10.0.0.5", nil, "tcp://10.0.0.5:5557"),
            ("tcp://robot", "1", "tcp://robot:1"), ("fe80::1", nil, "tcp://[fe80::1]:5557"),
            (nil, "6000", "bind://127.0.0.1:6000"),
        ] as [(String?, String?, String)])
    func hostAndPortMakeAnEndpoint(host: String?, port: String?, endpoint: String) {
        #expect(TelemetryAddress.resolve(host: host, port: port, robotHost: "") == .endpoint(endpoint))
    }

    @Test func thePortAloneMeansNothingWithARobot() {
        guard case .unused = TelemetryAddress.resolve(host: nil, port: "5557", robotHost: "robot") else {
            Issue.record("the port was used")
            return
        }
    }

    @Test func nonsenseIsNamed() {
        guard case .invalid("TELEMETRY_ZMQ_PORT", _) = TelemetryAddress.resolve(host: nil, port: "x", robotHost: ""),
            case .invalid("TELEMETRY_ZMQ_HOST", _) = TelemetryAddress.resolve(
                host: "http://a", port: nil, robotHost: "")
        else {
            Issue.record("nonsense was taken")
            return
        }
    }
}
