import Metrics
import Synchronization

/// Counts and times requests.
final class RequestMeasures: Sendable {
    private struct Key: Hashable {
        let route: String
        let status: Int
    }

    private let factory: any MetricsFactory
    private let timers: [String: Timer]
    /// Made when a status first happens: routes and status codes are few.
    private let counters = Mutex<[Key: Counter]>([:])

    /// - Parameter routes: all that will be recorded.
    init(routes: [String], factory: any MetricsFactory) {
        self.factory = factory
        timers = Dictionary(
            routes.map { route in
                let label = "http_request_duration_seconds"
                return (route, Timer(label: label, dimensions: [("route", route)], factory: factory))
            }, uniquingKeysWith: { first, _ in first })
    }

    func record(route: String, status: Int, nanoseconds: UInt64) {
        timers[route]?.recordNanoseconds(Int64(clamping: nanoseconds))
        let key = Key(route: route, status: status)
        let counter = counters.withLock { counters in
            if let counter = counters[key] { return counter }
            let counter = Counter(
                label: "http_requests_total", dimensions: [("route", route), ("status", "\(status)")],
                factory: factory)
            counters[key] = counter
            return counter
        }
        counter.increment()
    }
}
