@testable import RiderJournal
import RiderModel

@testable import RiderReport

/// A day of a robot, the same each time: a busy morning, an engine that fails for a while, an hour without the robot.
enum ExampleReport {
    static let until = UnixTime(milliseconds: 1_763_078_400_000)  // 2025-11-14 00:00 UTC
    static let since = until - .seconds(86_400)
    /// Tasks of the day, known without the builder.
    static let tasks = 4 * 1440
    static let outage = Outage(
        id: 2, cause: .linkDown, begunAt: since + .seconds(14 * 3600), noticedAt: since + .seconds(14 * 3600 + 2),
        endedAt: since + .seconds(14 * 3600 + 3300), afterSeq: 3360, throughSeq: 3580, rows: 220)
    static let silence = Outage(
        id: 1, cause: .noSubscriber, begunAt: since - .seconds(600), noticedAt: since - .seconds(600),
        endedAt: since + .seconds(1800), afterSeq: 0, throughSeq: 120, rows: 120)

    static func builder() -> ReportBuilder {
        var builder = ReportBuilder(span: ReportSpan(since: since, until: until, zone: .utc))
        let types = [("text.nlu", 0.2), ("vision.frame", 42), ("voice.tts", 180), ("text.generate", 4200)]
        for minute in 0..<1440 {
            let time = since + .seconds(minute * 60 + 7)
            let isBusy = (480..<660).contains(minute)
            for (index, type) in types.enumerated() {
                let isFailed = index == 3 && (720..<780).contains(minute)
                let spread = 1 + Double((minute * 7 + index * 13) % 17) / 10
                builder.add(
                    ReportResult(
                        recordedAt: time, taskType: type.0, priority: [1, 3, 6, 9][index], isFailed: isFailed,
                        waitMilliseconds: Int64(Double((minute + index) % 5) * (isBusy ? 400 : 3) * Double(index + 1)),
                        processingMilliseconds: isFailed ? 60_000 : type.1 * spread * (isBusy ? 1.8 : 1),
                        delivery: (840..<895).contains(minute)
                            ? .journaled : minute % 97 == 0 ? .uncertain : .brokerConfirmed,
                        isDelivered: !(840..<895).contains(minute) && minute % 97 != 0))
                if isFailed {
                    builder.addFailure(
                        type.0,
                        reason: minute < 725
                            ? "text.generate took longer than 60 s and was ended"
                            : "Circuit breaker open, use local processing", at: time)
                }
            }
            for priority in 1...10 {
                let depth = isBusy ? Double((minute * priority) % 40) : priority == 9 ? Double(minute % 3) : 0
                builder.addDepth(depth, priority: priority, at: time)
            }
            for engine in ["TextProvider ollama", "VisionProvider opencv", "VoiceProvider espeak"] {
                let isOpen = engine == "TextProvider ollama" && (725..<782).contains(minute)
                builder.addBreaker(
                    isOpen ? (minute % 10 == 0 ? 0.5 : 1) : 0, engine: engine, at: time, longestGap: .seconds(180))
            }
            for link in ["ingest", "robot", "telemetry"] where !(1200..<1230).contains(minute) {
                builder.addLink(
                    (840..<895).contains(minute) ? 0 : 1, link: link, at: time, longestGap: .seconds(180))
            }
        }
        builder.add(outage)
        builder.add(silence)
        return builder
    }

    static func report() -> Report {
        builder().report(
            publisherID: "0123456789abcdef0123456789abcdef", programVersion: "rider 0.1.0", generatedAt: until)
    }
}
