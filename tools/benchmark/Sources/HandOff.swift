import ArgumentParser
import RiderJournal
import RiderPublisher

/// What it costs a worker to hand a record to the publisher.
struct HandOff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hand-off", abstract: "Hands records to the publisher at a fixed rate.")

    @Option(help: "Where to listen; a subscriber must come.") var port: Int
    @Option(help: "Records a second.") var rate = 1000
    @Option(help: "How long.") var seconds = 5
    @Option(help: "Bytes of a body.") var bytes = 400

    func run() async throws {
        let publishing = try Publishing(port: port)
        let (rate, seconds, bytes) = (rate, seconds, bytes)
        try await publishing.run { first in
            let body = Publishing.record(first, bytes: bytes)
            let took = Measured.paced(rate: rate, seconds: seconds) { index in
                var record = body
                record.seq = first + Int64(index)
                record.topicSeq = record.seq
                publishing.publisher.submit([record])
            }
            publishing.waitUntilDelivered(first + Int64(took.count) - 1)
            Measured.print([
                "p50_us": Measured.percentile(0.5, of: took) / 1e3, "p99_us": Measured.percentile(0.99, of: took) / 1e3,
            ])
        }
    }
}
