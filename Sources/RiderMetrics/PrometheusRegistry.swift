import CoreMetrics
import RiderModel
import Synchronization

/// Keeps every metric of the process and prints them for Prometheus (text format 0.0.4).
///
/// Make one per process, hand it to `MetricsSystem.bootstrap` or pass it as a factory, and keep its ``run()`` going so that
/// collectors are asked at each scrape:
///
///     let registry = PrometheusRegistry()
///     registry.addCollector(name: "queue") { depth.set(await queue.depth()) }
///     try await registry.run()               // in a task group, until cancelled
///     let text = await registry.exposition() // at GET /metrics
///
/// Updates take no lock and allocate nothing; they cost one or two atomic additions. Making a metric takes a lock: do it once.
public final class PrometheusRegistry: Sendable {
    /// The content type of ``exposition()``.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private let configuration: MetricsConfiguration
    private let collectors = CollectorSet()
    private let families: Mutex<Families>
    private let numbers: SeriesNumbers
    private let processMetrics: ProcessMetrics?
    /// How long the last text was: the next one is about as long.
    private let lastLength = Atomic<Int>(16 << 10)
    private let dropped: Dropped

    private struct Families {
        var byName: [String: MetricFamily] = [:]
        var list: [MetricFamily] = []
    }

    /// Where samples go that have no series of their own.
    private struct Dropped: Sendable {
        let tooManySeries: DroppedSeries
        let tooManyFamilies: DroppedSeries
        let otherKind: DroppedSeries
    }

    /// - Parameters:
    ///   - declarations: what is known of the families beforehand. Others are made as they come, with standard buckets and a
    ///     help text that says so.
    ///   - includesProcess: add the `process_*` metrics of this process.
    public init(
        declarations: [MetricDeclaration] = MetricCatalog.all, configuration: MetricsConfiguration = .init(),
        includesProcess: Bool = true
    ) {
        self.configuration = configuration
        var families = Families()
        let own = MetricCatalog.registry + (includesProcess ? MetricCatalog.process : [])
        for declaration in declarations + own where families.byName[declaration.name] == nil {
            precondition(
                MetricName.metric(declaration.name) == declaration.name, "illegal metric name \(declaration.name)")
            precondition(
                declaration.buckets == declaration.buckets.sorted(), "buckets of \(declaration.name) must ascend")
            let family = MetricFamily(declaration)
            families.byName[declaration.name] = family
            families.list.append(family)
        }
        let numbers = SeriesNumbers()
        func scalar(_ name: String, _ labels: [(String, String)] = []) -> any ScalarSeries {
            let series = families.byName[name]?.series(
                labelled: labels, limit: .max, maxValueBytes: .max, nextNumber: numbers.next)
            guard let scalar = series as? any ScalarSeries else {
                preconditionFailure("\(name) must be declared, and not as a histogram")
            }
            return scalar
        }
        func dropped(_ reason: String) -> DroppedSeries {
            DroppedSeries(countingIn: scalar("metrics_dropped_samples_total", [("reason", reason)]))
        }
        self.dropped = Dropped(
            tooManySeries: dropped("too_many_series"), tooManyFamilies: dropped("too_many_families"),
            otherKind: dropped("other_kind"))
        processMetrics = includesProcess ? ProcessMetrics { scalar($0) } : nil
        self.numbers = numbers
        self.families = Mutex(families)
    }

    // MARK: - Collectors

    /// Adds something that sets metrics when a scrape or a sample is about to be taken.
    ///
    /// - Parameters:
    ///   - name: for `metrics_collector_stale_total`.
    ///   - collect: it runs inside ``run()``, never twice at the same time. When it takes longer than
    ///     ``MetricsConfiguration/collectorTimeout`` the scrape goes on without it and shows its earlier values.
    public func addCollector(name: String, _ collect: @escaping @Sendable () async -> Void) {
        let stale = makeCounter(label: "metrics_collector_stale_total", dimensions: [("collector", name)])
        collectors.add(collect) { stale.increment(by: 1) }
    }

    /// Runs the collectors when they are asked for, until the task is cancelled. Without it they are never asked.
    public func run() async {
        await collectors.run()
    }

    /// Brings the values of collectors up to date, within ``MetricsConfiguration/collectorTimeout``.
    public func refresh() async {
        processMetrics?.update()
        await collectors.refresh(within: configuration.collectorTimeout)
    }

    // MARK: - Reading

    /// The text for `GET /metrics`, after asking the collectors.
    public func exposition() async -> [UInt8] {
        await refresh()
        return currentExposition()
    }

    /// The text of the values as they are, without asking anybody.
    public func currentExposition() -> [UInt8] {
        var text = ExpositionWriter(capacity: lastLength.load(ordering: .relaxed) + 4096)
        for family in families.withLock({ $0.list }) {
            text.append(family.header)
            for series in family.series { series.write(to: &text) }
        }
        lastLength.store(text.bytes.count, ordering: .relaxed)
        return text.bytes
    }

    /// Every series with its value as it is, without formatting anything. Call ``refresh()`` first when values of collectors
    /// matter.
    public func snapshot() -> [SeriesSnapshot] {
        var all: [SeriesSnapshot] = []
        for family in families.withLock({ $0.list }) {
            for series in family.series {
                all.append(SeriesSnapshot(identity: series.identity, value: series.value))
            }
        }
        return all
    }

    // MARK: - Making series

    /// What became of a wish for a series.
    enum Made {
        case scalar(any ScalarSeries)
        case histogram(HistogramSeries)
        case dropped(DroppedSeries)
    }

    /// Finds or makes a series.
    ///
    /// - Parameter kind: what the caller would like; a declaration decides otherwise.
    func make(_ label: String, _ dimensions: [(String, String)], kind: MetricKind) -> Made {
        let name = MetricName.metric(label)
        let family: MetricFamily? = families.withLock { families in
            if let family = families.byName[name] { return family }
            guard families.list.count < configuration.maxFamilies else { return nil }
            let family = MetricFamily(
                MetricDeclaration(
                    name, kind, buckets: kind == .histogram ? MetricBuckets.standard : [],
                    help: "\(name), made at run time without a declaration."))
            families.byName[name] = family
            families.list.append(family)
            return family
        }
        guard let family else { return .dropped(dropped.tooManyFamilies) }
        guard (family.declaration.kind == .histogram) == (kind == .histogram) else {
            return .dropped(dropped.otherKind)
        }
        let series = family.series(
            labelled: dimensions, limit: configuration.maxSeriesPerFamily,
            maxValueBytes: configuration.maxLabelValueBytes,
            nextNumber: numbers.next)
        switch series {
        case let scalar as any ScalarSeries: return .scalar(scalar)
        case let histogram as HistogramSeries: return .histogram(histogram)
        default: return .dropped(dropped.tooManySeries)
        }
    }

    func release(_ handler: AnyObject) {
        guard let series = handler as? any Series else { return }
        families.withLock { $0.byName[series.identity.family] }?.release(series)
    }
}

/// Numbers of series, never given twice.
private final class SeriesNumbers: Sendable {
    private let last = Atomic<Int>(0)

    func next() -> Int { last.wrappingAdd(1, ordering: .relaxed).newValue }
}
