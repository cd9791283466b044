import HTTPTypes
import Hummingbird
import NIOCore
import RiderModel

/// Makes responses.
enum Answer {
    static func json(_ status: HTTPResponse.Status = .ok, _ write: (inout JSONWriter) -> Void) -> Response {
        var json = JSONWriter()
        write(&json)
        return Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
    }

    /// What every refusal looks like: a sentence for people and a short stable code for programs.
    static func refusal(
        _ status: HTTPResponse.Status, code: String, _ message: String, headers: HTTPFields = [:]
    ) -> Response {
        var response = json(status) { json in
            json.object { json in
                json.key("error")
                json.string(message)
                json.key("code")
                json.string(code)
            }
        }
        response.headers.append(contentsOf: headers)
        return response
    }

    /// Closes the connection once the answer is out, for a client that has not been read to its end.
    static func closing(_ response: Response) -> Response {
        let body = response.body
        var response = response
        response.headers[.connection] = "close"
        response.body = ResponseBody(contentLength: body.contentLength) { writer in
            try await body.write(writer)
            // Hummingbird closes a connection whose answer cannot be written to its end; otherwise it would read the rest
            // of the request first, however long that is.
            throw ConnectionClosed()
        }
        return response
    }

    /// For answers that do not look at the body: one that is small is read and dropped, any other ends the connection.
    static func leavingBody(of request: Request, _ response: Response) -> Response {
        let announced = request.headers[.contentLength].map { Int($0) ?? .max } ?? 0
        let isSmall = announced <= 64 << 10 && request.headers[.transferEncoding] == nil
        return isSmall ? response : closing(response)
    }

    private struct ConnectionClosed: Error {}
}
