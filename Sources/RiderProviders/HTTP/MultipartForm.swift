/// A form of `multipart/form-data`.
struct MultipartForm: Sendable {
    private let boundary: String
    private var bytes: [UInt8] = []

    /// The boundary is random, so that no content can contain it but by a chance of 2^-128.
    init() {
        boundary =
            "rider-" + String(UInt64.random(in: .min ... .max), radix: 36)
            + String(UInt64.random(in: .min ... .max), radix: 36)
    }

    var contentType: String { "multipart/form-data; boundary=\(boundary)" }

    mutating func add(_ name: String, _ value: String) {
        begin("name=\"\(name)\"")
        append("\r\n\(value)\r\n")
    }

    /// - Parameter fileName: plain, without quotes.
    mutating func add(_ name: String, fileName: String, _ content: [UInt8]) {
        begin("name=\"\(name)\"; filename=\"\(fileName)\"")
        append("Content-Type: application/octet-stream\r\n\r\n")
        bytes += content
        append("\r\n")
    }

    func finished() -> [UInt8] { bytes + Array("--\(boundary)--\r\n".utf8) }

    private mutating func begin(_ what: String) {
        append("--\(boundary)\r\nContent-Disposition: form-data; \(what)\r\n")
    }

    private mutating func append(_ text: String) { bytes += text.utf8 }
}
