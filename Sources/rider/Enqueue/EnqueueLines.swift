import RiderModel
import RiderQueue

/// Puts in what lines of input say, in batches. A bad line is reported with its number and costs only itself.
struct EnqueueLines<Time: Clock> where Time.Duration == Duration {
    static var batchSize: Int { 256 }

    var enqueuer: Enqueuer<Time>
    let template: TaskTemplate
    let maxTaskBytes: Int
    /// Called with the number of a bad line and what is wrong with it.
    let onRefusal: (_ line: Int, _ reason: String) -> Void
    /// Called after each batch.
    let onProgress: (EnqueueReport) -> Void

    private var ids = TaskIDMaker()
    private var report = EnqueueReport()

    init(
        enqueuer: Enqueuer<Time>, template: TaskTemplate, maxTaskBytes: Int,
        onRefusal: @escaping (_ line: Int, _ reason: String) -> Void,
        onProgress: @escaping (EnqueueReport) -> Void = { _ in }
    ) {
        self.enqueuer = enqueuer
        self.template = template
        self.maxTaskBytes = maxTaskBytes
        self.onRefusal = onRefusal
        self.onProgress = onProgress
    }

    /// Reads to the end of the input, or to the line at which the queue was full for longer than the patience lasts.
    ///
    /// - Parameter next: gives at most so many lines; none at the end.
    mutating func run(next: (Int) async throws -> [LineSplitter.Line]) async throws -> EnqueueReport {
        while report.full == 0 {
            let lines = try await next(Self.batchSize)
            if lines.isEmpty { break }
            try await put(lines)
            onProgress(report)
        }
        return report
    }

    private mutating func put(_ lines: [LineSplitter.Line]) async throws {
        var numbers: [Int] = []
        var tasks: [NewTask] = []
        for line in lines {
            guard let envelope = envelope(of: line) else { continue }
            numbers.append(line.number)
            tasks.append(NewTask(envelope))
        }
        if tasks.isEmpty { return }
        for (line, outcome) in zip(numbers, try await enqueuer.put(tasks)) {
            switch outcome {
            case .queued: report.queued += 1
            case .duplicate: report.duplicates += 1
            case .tooLarge(let limit): refuse(line, "the task is larger than the limit of \(limit) bytes")
            case .full(let limit):
                report.full += 1
                report.limit = limit
                report.stoppedAtLine = report.stoppedAtLine ?? line
            }
        }
    }

    /// - Returns: nil for blank lines, and for bad ones, which are reported.
    private mutating func envelope(of line: LineSplitter.Line) -> TaskEnvelope? {
        guard let bytes = line.bytes else {
            refuse(line.number, "the line is longer than the limit of \(maxTaskBytes) bytes")
            return nil
        }
        if bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { return nil }
        do {
            return try template.envelope(bytes, id: ids.next())
        } catch {
            refuse(line.number, error.description)
            return nil
        }
    }

    private mutating func refuse(_ line: Int, _ reason: String) {
        report.refused += 1
        onRefusal(line, reason)
    }
}
