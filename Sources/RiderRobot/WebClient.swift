import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import RiderModel
import Synchronization

/// Asks by HTTP, with a limit for everything.
final class WebClient: Sendable {
    struct Answer: Sendable {
        let headers: HTTPHeaders
        let body: [UInt8]
        /// From the request to the end of the answer.
        let duration: Duration
    }

    private let client: HTTPClient
    private let isShutDown = Atomic(false)
    private let maxAnswerBytes: Int
    private let time: TimeSource

    init(maxAnswerBytes: Int, time: TimeSource) {
        self.maxAnswerBytes = maxAnswerBytes
        self.time = time
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        // A connection that a rebooted robot has forgotten is not to be found out by a heartbeat.
        configuration.connectionPool.idleTimeout = .seconds(20)
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        // Only when the owner was never run.
        if !isShutDown.load(ordering: .acquiring) { client.shutdown { _ in } }
    }

    func shutDown() async throws {
        if !isShutDown.exchange(true, ordering: .acquiringAndReleasing) { try await client.shutdown() }
    }

    /// - Throws: for every answer but one of 2xx.
    func get(_ url: String, timeout: Duration) async throws(WebError) -> Answer {
        try await ask(HTTPClientRequest(url: url), timeout: timeout)
    }

    /// - Throws: for every answer but one of 2xx.
    func post(_ url: String, json: [UInt8], timeout: Duration) async throws(WebError) -> Answer {
        var request = HTTPClientRequest(url: url)
        request.method = .POST
        // A robot takes a body of any other type for none.
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: json))
        return try await ask(request, timeout: timeout)
    }

    private func ask(_ request: HTTPClientRequest, timeout: Duration) async throws(WebError) -> Answer {
        let start = time.monotonicNanoseconds()
        let url = request.url
        do {
            let response = try await client.execute(request, timeout: TimeAmount(timeout))
            let body = Array(try await response.body.collect(upTo: maxAnswerBytes).readableBytesView)
            guard (200..<300).contains(response.status.code) else {
                let said = (try? JSONValue(parsing: body))?["error"]?.string ?? ""
                throw WebError.refused(url: url, status: Int(response.status.code), said: String(said.prefix(200)))
            }
            let nanoseconds = time.monotonicNanoseconds() &- start
            return Answer(
                headers: response.headers, body: body, duration: .nanoseconds(Int64(clamping: nanoseconds)))
        } catch let error as WebError {
            throw error
        } catch is CancellationError {
            throw .cancelled
        } catch is NIOTooManyBytesError {
            throw .unreadable(url: url, reason: "more than \(maxAnswerBytes) bytes")
        } catch let error as HTTPClientError where error == .cancelled {
            throw .cancelled
        } catch let error as HTTPClientError
            where error == .deadlineExceeded || error == .connectTimeout || error == .readTimeout
        {
            throw .tooSlow(url: url, limit: timeout)
        } catch let error as HTTPClientError {
            throw .unreachable(url: url, reason: error.shortDescription)
        } catch let error as HTTPParserError {
            throw .unreadable(url: url, reason: "\(error)")
        } catch {
            throw .unreachable(url: url, reason: "\(error)")
        }
    }
}
