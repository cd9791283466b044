import RiderJournal
import RiderModel

/// Gathers what a report shows. Its memory depends on the number of steps, levels and reasons, not on the number of results
/// or samples.
public struct ReportBuilder: Sendable {
    /// Reasons of failures that are told apart; what comes after them is counted together.
    public static let maxReasons = 500
    /// Reasons that are listed.
    static let listedReasons = 20
    /// Outages that are drawn and listed; more are only counted.
    public static let maxOutages = 200
    /// A reason longer than this is cut.
    private static let reasonLength = 200
    /// Task types, providers and links that are told apart: all of them come from closed lists.
    private static let maxNames = 64

    /// Tasks of one kind, or of one step.
    private struct Tally {
        var completed = 0
        var failed = 0
        var processing = DurationHistogram()
        var wait = DurationHistogram()

        mutating func add(_ result: ReportResult) {
            if result.isFailed { failed += 1 } else { completed += 1 }
            if let milliseconds = result.processingMilliseconds { processing.add(milliseconds: milliseconds) }
            wait.add(milliseconds: Double(result.waitMilliseconds))
        }

        func group(_ name: String, greatestDepth: Double? = nil) -> Report.Group {
            Report.Group(
                name: name, completed: completed, failed: failed, processing: processing.summary, wait: wait.summary,
                greatestDepth: greatestDepth)
        }
    }

    private struct StepTally {
        var tasks = Tally()
        var wait: [Int: DurationHistogram] = [:]
        var depth: [Int: Double] = [:]
        var delivery: [DeliveryState: Int] = [:]
    }

    private struct Reason: Hashable {
        var taskType: String
        var text: String
    }

    public let span: ReportSpan
    private var steps: [StepTally]
    private var total = Tally()
    private var types: [String: Tally] = [:]
    private var levels: [Int: Tally] = [:]
    private var depths: [Int: Double] = [:]
    private var delivery: [DeliveryState: Int] = [:]
    private var superseded = 0
    private var failures: [Reason: (count: Int, lastSeen: UnixTime)] = [:]
    private var otherFailures = 0
    private var breakers: [String: StateStrip] = [:]
    private var links: [String: StateStrip] = [:]
    private var delivered = 0
    private var outages: [Outage] = []
    private var outageCount = 0
    private var outageMilliseconds: [Outage.Cause: Int64] = [:]
    private var hasHistory = false

    public init(span: ReportSpan) {
        self.span = span
        steps = Array(repeating: StepTally(), count: span.stepCount)
    }

    // MARK: - Results

    /// Takes a result; others than those of the span are passed over.
    public mutating func add(_ result: ReportResult) {
        guard let step = span.step(of: result.recordedAt) else { return }
        guard !result.isSuperseded else {
            superseded += 1
            return
        }
        total.add(result)
        types[known(result.taskType, among: types.keys), default: Tally()].add(result)
        levels[result.priority, default: Tally()].add(result)
        delivery[result.delivery, default: 0] += 1
        if result.isDelivered { delivered += 1 }
        steps[step].tasks.add(result)
        steps[step].wait[result.priority, default: DurationHistogram()]
            .add(milliseconds: Double(result.waitMilliseconds))
        steps[step].delivery[result.delivery, default: 0] += 1
    }

    /// Takes the reason of a failed result, which ``add(_:)`` has counted.
    public mutating func addFailure(_ taskType: String, reason: String, at time: UnixTime) {
        guard span.contains(time) else { return }
        let text = reason.count > Self.reasonLength ? reason.prefix(Self.reasonLength) + "…" : reason
        let key = Reason(taskType: taskType, text: text)
        if let known = failures[key] {
            failures[key] = (known.count + 1, max(known.lastSeen, time))
        } else if failures.count < Self.maxReasons {
            failures[key] = (1, time)
        } else {
            otherFailures += 1
        }
    }

    private func known(_ name: String, among names: some Collection<String>) -> String {
        names.count < Self.maxNames || names.contains(name) ? name : "other"
    }

    // MARK: - Metric history

    /// Takes how many tasks of a level were waiting at a moment.
    public mutating func addDepth(_ depth: Double, priority: Int, at time: UnixTime) {
        guard let step = span.step(of: time), depth.isFinite else { return }
        hasHistory = true
        steps[step].depth[priority] = max(steps[step].depth[priority] ?? 0, depth)
        depths[priority] = max(depths[priority] ?? 0, depth)
    }

    /// Takes the state of an engine's breaker: 0 closed, 1 open, between them half-open.
    ///
    /// - Parameters:
    ///   - engine: with its provider, as a person tells it from others.
    ///   - longestGap: when the reading before is longer ago, the worker did not run in between.
    public mutating func addBreaker(_ value: Double, engine: String, at time: UnixTime, longestGap: Duration) {
        let state: ReportState = value >= 1 ? .bad : value > 0 ? .trying : .good
        if span.contains(time) { hasHistory = true }
        let engine = known(engine, among: breakers.keys)
        breakers[engine, default: StateStrip(subject: engine, span: span)]
            .add(state, at: time, longestGap: longestGap)
    }

    /// Takes the state of a link: 1 up, 0 down.
    public mutating func addLink(_ value: Double, link: String, at time: UnixTime, longestGap: Duration) {
        if span.contains(time) { hasHistory = true }
        let link = known(link, among: links.keys)
        links[link, default: StateStrip(subject: link, span: span)]
            .add(value > 0 ? .good : .bad, at: time, longestGap: longestGap)
    }

    // MARK: - Outages

    /// Takes an outage; others than those that reach into the span are passed over.
    public mutating func add(_ outage: Outage) {
        let end = min(outage.endedAt ?? span.until, span.until)
        let begin = max(outage.begunAt, span.since)
        guard begin < span.until, end >= begin else { return }
        outageCount += 1
        outageMilliseconds[outage.cause, default: 0] += (end - begin).wholeMilliseconds
        guard outages.count < Self.maxOutages else { return }
        outages.append(outage)
    }

    // MARK: - The report

    /// - Parameters:
    ///   - publisherID: names the journal.
    ///   - programVersion: such as `rider 0.1.0`.
    public func report(publisherID: String, programVersion: String, generatedAt: UnixTime) -> Report {
        let frequent = failures.sorted { ($1.value.count, $0.key.text) < ($0.value.count, $1.key.text) }
        return Report(
            span: span, publisherID: publisherID, generatedAt: generatedAt, programVersion: programVersion,
            steps: steps.map { step in
                Report.Step(
                    completed: step.tasks.completed, failed: step.tasks.failed,
                    processing: step.tasks.processing.summary,
                    wait: step.wait.compactMapValues(\.summary), depth: step.depth, delivery: step.delivery)
            },
            total: total.group("all", greatestDepth: nil),
            taskTypes: types.sorted { $0.key < $1.key }.map { $0.value.group($0.key) },
            levels: Set(levels.keys).union(depths.keys.filter { depths[$0] ?? 0 > 0 }).sorted().map { level in
                levels[level, default: Tally()].group(String(level), greatestDepth: depths[level])
            },
            superseded: superseded, delivery: delivery, delivered: delivered,
            failures: frequent.prefix(Self.listedReasons).map {
                Report.Failure(
                    taskType: $0.key.taskType, reason: $0.key.text, count: $0.value.count, lastSeen: $0.value.lastSeen)
            },
            otherFailures: otherFailures + frequent.dropFirst(Self.listedReasons).reduce(0) { $0 + $1.value.count },
            breakers: breakers.values.sorted { $0.subject < $1.subject },
            links: links.values.sorted { $0.subject < $1.subject },
            outages: outages.sorted { $0.begunAt < $1.begunAt }, outageCount: outageCount,
            outageMilliseconds: outageMilliseconds, hasHistory: hasHistory)
    }
}
