import RiderJournal
import RiderModel

/// What happened in a span of time, ready to be drawn. Made by a ``ReportBuilder``.
public struct Report: Sendable {
    /// One step of the span.
    public struct Step: Sendable {
        public var completed = 0
        public var failed = 0
        /// Time that providers took; nil without a task.
        public var processing: DurationSummary?
        /// From enqueue to claim, by priority level.
        public var wait: [Int: DurationSummary] = [:]
        /// The most tasks that were seen waiting, by priority level; empty without metric history.
        public var depth: [Int: Double] = [:]
        public var delivery: [DeliveryState: Int] = [:]

        public var finished: Int { completed + failed }
    }

    /// Tasks of one kind in the whole span.
    public struct Group: Sendable {
        /// A task type or a priority level.
        public var name: String
        public var completed = 0
        public var failed = 0
        public var processing: DurationSummary?
        public var wait: DurationSummary?
        /// The most tasks seen waiting; nil without metric history, and for task types.
        public var greatestDepth: Double?

        public var finished: Int { completed + failed }
    }

    /// Failed tasks that gave the same reason.
    public struct Failure: Sendable, Hashable {
        public var taskType: String
        public var reason: String
        public var count: Int
        public var lastSeen: UnixTime
    }

    public var span: ReportSpan
    public var publisherID: String
    public var generatedAt: UnixTime
    public var programVersion: String

    public var steps: [Step]
    public var total: Group
    /// In the order of names.
    public var taskTypes: [Group]
    /// Levels with tasks, from 1 on.
    public var levels: [Group]
    /// Rows of workers that had lost their lease; counted nowhere else.
    public var superseded: Int
    public var delivery: [DeliveryState: Int]
    /// Results that a listener has, as far as can be known.
    public var delivered: Int

    /// The most frequent first.
    public var failures: [Failure]
    /// Failed tasks with rarer reasons than those listed.
    public var otherFailures: Int

    /// Empty without metric history.
    public var breakers: [StateStrip]
    public var links: [StateStrip]
    /// In the order of their beginnings; at most ``ReportBuilder/maxOutages``.
    public var outages: [Outage]
    public var outageCount: Int
    /// Milliseconds of all outages inside the span, by cause.
    public var outageMilliseconds: [Outage.Cause: Int64]

    /// Metric history has samples in the span.
    public var hasHistory: Bool

    /// There is nothing to report.
    public var isEmpty: Bool { total.finished == 0 && superseded == 0 && !hasHistory && outageCount == 0 }
}
