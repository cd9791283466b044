import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOSSL
import RiderModel
import Synchronization

/// The server behind an engine of kind `http`: pooled connections, a bounded answer, and words for what can go wrong.
///
/// The time limit is the caller's: a cancelled request is dropped with its connection, which is how a server learns that
/// nobody waits any more. Redirects are not followed, because they would carry sound and keys to another place.
final class EngineServer: Sendable {
    /// A whole answer.
    struct Answer: Sendable {
        var status: Int
        /// In small letters.
        var contentType: String
        var headers: HTTPHeaders
        var body: ByteBuffer
    }

    let engine: EngineConfiguration
    private let client: HTTPClient
    private let isShutDown = Atomic(false)
    private let sleep: @Sendable (Duration) async throws -> Void

    /// - Throws: ``ProviderConfigurationError`` for certificates that cannot be read.
    init(
        _ engine: EngineConfiguration, section: String,
        sleep: @escaping @Sendable (Duration) async throws -> Void = { try await Task.sleep(for: $0) }
    ) throws(ProviderConfigurationError) {
        self.engine = engine
        self.sleep = sleep
        var configuration = HTTPClient.Configuration()
        configuration.timeout = .init(connect: .seconds(3), read: nil)
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.idleTimeout = .seconds(30)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = engine.limits.maxConcurrent
        // A refused connection is an answer: the robot is waiting.
        configuration.connectionPool.retryConnectionEstablishment = false
        if !engine.certificateFile.isEmpty {
            var tls = TLSConfiguration.makeClientConfiguration()
            do {
                tls.additionalTrustRoots = [
                    .certificates(try NIOSSLCertificate.fromPEMFile(engine.certificateFile))
                ]
            } catch {
                throw .unusable(
                    key: "\(section).\(engine.name).ca_file",
                    reason: "\(engine.certificateFile) holds no certificates that can be read: \(error)")
            }
            configuration.tlsConfiguration = tls
        }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        // Only when `run` was never called.
        if !isShutDown.load(ordering: .acquiring) { client.shutdown { _ in } }
    }

    /// Keeps the connections until cancelled.
    func run() async throws {
        let forever = AsyncStream<Never> { _ in }
        for await _ in forever {}
        if !isShutDown.exchange(true, ordering: .acquiringAndReleasing) { try await client.shutdown() }
    }

    /// Sends a body and reads the whole answer.
    ///
    /// - Throws: ``EngineServerFailure``, also for a status that is no success; `CancellationError`.
    func post(_ url: String, _ body: [UInt8], contentType: String = "application/json") async throws -> Answer {
        try await post(url, body, contentType: contentType) { response in
            var answer = Answer(response)
            do {
                answer.body = try await response.body.collect(upTo: self.engine.limits.maxOutputBytes)
            } catch is NIOTooManyBytesError {
                throw self.tooLong
            }
            return answer
        }
    }

    /// Sends a body and hands on the lines of the answer as they come.
    ///
    /// - Parameter take: gets the answer's content type and each line without its end; returns true when the answer is complete.
    /// - Throws: ``EngineServerFailure``, also when the answer ends before it is complete; what `take` throws.
    func postForLines(
        _ url: String, _ body: [UInt8], take: @escaping @Sendable (String, [UInt8]) throws -> Bool
    ) async throws {
        try await post(url, body, contentType: "application/json") { response in
            let contentType = Answer(response).contentType
            var splitter = LineSplitter(limit: self.engine.limits.maxOutputBytes, overflow: .refuse)
            var count = 0
            for try await buffer in response.body {
                count += buffer.readableBytes
                guard count <= self.engine.limits.maxOutputBytes else { throw self.tooLong }
                // A line cannot be longer than the whole answer.
                let lines = buffer.withUnsafeReadableBytes { (try? splitter.append($0)) ?? [] }
                for line in lines where try take(contentType, line) { return }
            }
            if try take(contentType, splitter.rest) { return }
            throw EngineServerFailure(.connection, "\(self.engine.name) broke off in the middle of its answer")
        }
    }

    /// Asks for something small, to see whether the server is there.
    func get(_ url: String) async throws -> Answer {
        try await attempt {
            let response = try await self.client.execute(self.request(url, .GET), timeout: .seconds(2))
            var answer = Answer(response)
            answer.body = try await response.body.collect(upTo: 1 << 20)
            return answer
        }
    }

    /// Whether something is there that may be the engine: it answers at all, and takes the key.
    ///
    /// - Parameter path: what the engine's address ends with in OpenAI's interface; its list of models is asked for.
    /// - Returns: what is wrong; nil when nothing is.
    func presence(listing path: String) async -> String? {
        let url = engine.url.hasSuffix(path) ? engine.url.dropLast(path.count) + "/models" : engine.url
        do {
            let answer = try await get(String(url))
            if [401, 403].contains(answer.status) {
                return "\(engine.shownURL) refuses the key (HTTP \(answer.status)): set api_key"
            }
            return answer.status < 500 ? nil : "\(engine.shownURL) answers HTTP \(answer.status)"
        } catch let failure as EngineServerFailure {
            return failure.text + EngineServerFailure.advice
        } catch {
            return "not asked"
        }
    }

    // MARK: - Requests

    private func post<Success: Sendable>(
        _ url: String, _ body: [UInt8], contentType: String,
        read: @Sendable (HTTPClientResponse) async throws -> Success
    ) async throws -> Success {
        var request = request(url, .POST)
        request.headers.add(name: "Content-Type", value: contentType)
        request.body = .bytes(body)
        var retriesLeft = engine.retries
        var wait = Duration.milliseconds(100)
        while true {
            do {
                return try await attempt {
                    // The caller's limit ends it earlier; this one is for a caller without one.
                    let limit = self.engine.limits.timeout.inSeconds + 1
                    let response = try await self.client.execute(
                        request, timeout: .nanoseconds(Int64(min(limit, 86_400) * 1e9)))
                    guard 200..<300 ~= response.status.code else { throw await self.refusal(response) }
                    return try await read(response)
                }
            } catch let failure as EngineServerFailure where failure.mayRetry && retriesLeft > 0 {
                retriesLeft -= 1
                try await sleep(max(wait, failure.retryAfter ?? .zero))
                wait = wait * 2
            }
        }
    }

    private func request(_ url: String, _ method: HTTPMethod) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: url)
        request.method = method
        if !engine.apiKey.isEmpty {
            let isBearer = engine.apiKeyHeader.lowercased() == "authorization"
            request.headers.add(name: engine.apiKeyHeader, value: (isBearer ? "Bearer " : "") + engine.apiKey)
        }
        return request
    }

    private func attempt<Success: Sendable>(_ body: () async throws -> Success) async throws -> Success {
        do {
            return try await body()
        } catch {
            if error is CancellationError || (error as? HTTPClientError) == .cancelled { throw CancellationError() }
            // What the reader of an answer makes of it is for its caller.
            if error is ModelAnswerReader.Problem { throw error }
            throw EngineServerFailure(error, engine: engine)
        }
    }

    private var tooLong: EngineServerFailure {
        EngineServerFailure(.answer, "\(engine.name) answered more than \(engine.limits.maxOutputBytes) bytes")
    }

    /// `"…"`, `{"error":"…"}`, `{"error":{"message":"…"}}`, `[{"msg":"…"}]`: Ollama's, OpenAI's and FastAPI's ways to say it.
    private static func words(of said: JSONValue) -> String? {
        said.string ?? said["error"]?.string ?? said["error"]?["message"]?.string ?? said.array?.first?["msg"]?.string
    }

    private func refusal(_ response: HTTPClientResponse) async -> EngineServerFailure {
        let body = try? await response.body.collect(upTo: 16_384)
        let said = body.flatMap { try? JSONValue(parsing: $0.readableBytesView) }
        let words = said.flatMap { Self.words(of: $0) ?? $0["detail"].flatMap(Self.words) }
        var text = "\(engine.name) answered HTTP \(response.status.code)"
        if let words { text += ": " + words.prefix(200) }
        var failure = EngineServerFailure(.status, text)
        failure.words = words ?? ""
        failure.status = Int(response.status.code)
        if let seconds = response.headers.first(name: "Retry-After").flatMap(Int.init), 0...60 ~= seconds {
            failure.retryAfter = .seconds(seconds)
        }
        return failure
    }
}

extension EngineServer.Answer {
    fileprivate init(_ response: HTTPClientResponse) {
        status = Int(response.status.code)
        contentType = response.headers.first(name: "Content-Type")?.lowercased() ?? ""
        headers = response.headers
        body = ByteBuffer()
    }

    var bytes: [UInt8] { Array(body.readableBytesView) }

    /// nil when it is no JSON.
    var json: JSONValue? { try? JSONValue(parsing: body.readableBytesView) }
}
