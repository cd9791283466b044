import HTTPTypes
import Hummingbird
import NIOCore

/// Reads a body piece by piece, so that neither a large nor a slow one costs more than its limit.
struct RequestBodyReader {
    enum Outcome {
        case body([UInt8])
        /// - isRead: whether the client was heard to its end; if not, the connection must go.
        case tooLarge(isRead: Bool)
        case tooSlow
        /// The client went away.
        case gone
    }

    let limit: Int
    let timeout: Duration
    let clock = ContinuousClock()

    func read(_ request: Request) async -> Outcome {
        let announced = request.headers[.contentLength].flatMap(Int.init) ?? 0
        // A client that writes its body before it reads would not see the answer, so a little too much is read and dropped.
        let tolerated = limit * 2
        guard announced <= tolerated else { return .tooLarge(isRead: false) }
        let deadline = clock.now + timeout
        var bytes: [UInt8] = []
        var count = 0
        if announced <= limit { bytes.reserveCapacity(announced) }
        do {
            for try await piece in request.body {
                count += piece.readableBytes
                if count > tolerated { return .tooLarge(isRead: false) }
                if count <= limit {
                    bytes.append(contentsOf: piece.readableBytesView)
                } else {
                    bytes = []
                }
                // A client that sends nothing at all runs into the connection's idle timeout instead.
                if clock.now > deadline { return .tooSlow }
            }
        } catch {
            return .gone
        }
        return count > limit ? .tooLarge(isRead: true) : .body(bytes)
    }
}
