import Foundation
import FoundationNetworking
import RiderModel
import TestSupport
import Testing

/// A real Prometheus on the files in `config/`, which scrapes the worker of a world.
struct PrometheusServer {
    static let path = "/usr/bin/prometheus"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: path) }

    let process: RunningProcess
    let address: String

    /// - Parameter interval: how often to scrape and evaluate instead of the 5 s of the file.
    init(in world: World, interval: String = "5s") throws {
        let configuration = Checkout.root.appendingPathComponent("config")
        let folder = world.folder.appendingPathComponent("prometheus")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try FileManager.default.copyItem(
            at: configuration.appendingPathComponent("prometheus-alerts.yml"),
            to: folder.appendingPathComponent("prometheus-alerts.yml"))
        let shipped = try String(
            contentsOf: configuration.appendingPathComponent("prometheus.yml"), encoding: .utf8)
        // The only changes: where the worker is, and how often to look. A timeout must not be longer than the interval.
        var text = shipped.replacingOccurrences(of: "127.0.0.1:8000", with: "127.0.0.1:\(world.httpPort)")
        try #require(text != shipped, "prometheus.yml no longer names the worker's default address")
        if interval != "5s" {
            text = text.replacingOccurrences(of: "interval: 5s", with: "interval: \(interval)")
                .replacingOccurrences(of: "scrape_timeout: 4s", with: "scrape_timeout: \(interval)")
        }
        let file = folder.appendingPathComponent("prometheus.yml")
        try text.write(to: file, atomically: true, encoding: .utf8)
        let port = try freePort()
        address = "http://127.0.0.1:\(port)"
        process = try RunningProcess(
            Self.path,
            [
                "--config.file=\(file.path)", "--web.listen-address=127.0.0.1:\(port)",
                "--storage.tsdb.path=\(folder.appendingPathComponent("data").path)",
            ], directory: folder)
    }

    /// Calls the API.
    ///
    /// - Returns: the answer's `data`; nil while the server is not there yet.
    func get(_ path: String, _ parameters: [String: String] = [:]) async throws -> JSONValue? {
        var components = try #require(URLComponents(string: address + "/api/v1/" + path))
        components.queryItems = parameters.map { URLQueryItem(name: $0.key, value: $0.value) }
        // `+` is an operator of PromQL and a blank of forms.
        components.percentEncodedQuery = components.percentEncodedQuery?.replacingOccurrences(of: "+", with: "%2B")
        guard let (data, response) = try? await URLSession.shared.data(from: try #require(components.url)),
            (response as? HTTPURLResponse)?.statusCode != 503
        else { return nil }
        let answer = try JSONValue(parsing: Array(data))
        try #require(answer["status"] == "success", "\(path) \(parameters): \(String(decoding: data, as: UTF8.self))")
        return answer["data"]
    }

    /// Asks again and again until the answer is what is waited for.
    func wait(
        for what: @autoclosure () -> String, within seconds: Double = 60, _ check: () async throws -> Bool
    ) async throws {
        let end = Date(timeIntervalSinceNow: seconds)
        while try await !check() {
            try #require(Date() < end, "waited \(seconds) s for \(what())\n\(process.standardError)")
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
