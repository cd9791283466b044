import ArgumentParser
import RiderJournal
import RiderPublisher

/// How fast the publisher sends.
struct Throughput: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "throughput",
        abstract: "Publishes flat out, nothing dropped, until the socket has taken everything.")

    @Option(help: "Where to listen; a subscriber must come.") var port: Int
    @Option(help: "Messages to send, those that waited for the subscriber not counted.") var messages = 1_000_000
    @Option(help: "Bytes of a body.") var bytes = 400

    func run() async throws {
        let publishing = try Publishing(port: port)
        let (messages, bytes) = (messages, bytes)
        try await publishing.run { first in
            let body = Publishing.record(first, bytes: bytes)
            let last = first + Int64(messages) - 1
            let begin = Measured.now()
            for start in stride(from: first, through: last, by: 256) {
                publishing.publisher.submit(
                    (start...min(start + 255, last)).map { seq in
                        var record = body
                        record.seq = seq
                        record.topicSeq = seq
                        return record
                    })
            }
            publishing.waitUntilDelivered(last)
            let seconds = Double(Measured.now() - begin) / 1e9
            Measured.print(["messages_per_second": Double(messages) / seconds, "sent": Double(publishing.sent)])
        }
    }
}
