import Glibc
import Synchronization

/// Time and statistics of a measurement.
enum Measured {
    /// Nanoseconds of the monotonic clock.
    static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Blocks the calling thread until a point of the monotonic clock.
    static func sleep(until nanoseconds: UInt64) {
        var time = timespec(
            tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil)
    }

    /// Nanoseconds of each call at a fixed rate, ascending. Blocks the calling thread.
    static func paced(rate: Int, seconds: Int, _ body: (Int) -> Void) -> [UInt64] {
        var took: [UInt64] = []
        took.reserveCapacity(rate * seconds)
        var next = now()
        for index in 0..<rate * seconds {
            next += UInt64(1_000_000_000 / rate)
            sleep(until: next)
            let begin = now()
            body(index)
            took.append(now() - begin)
        }
        return took.sorted()
    }

    /// The fastest of several repetitions, in nanoseconds per call: what the machine does besides only makes it slower.
    static func fastest(calls: Int, repetitions: Int = 7, _ body: () -> Void) -> Double {
        (0..<repetitions).map { _ in
            let begin = now()
            for _ in 0..<calls { body() }
            return Double(now() - begin) / Double(calls)
        }.min() ?? 0
    }

    static func percentile(_ share: Double, of sorted: [UInt64]) -> Double {
        sorted.isEmpty ? 0 : Double(sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))])
    }

    private static let marks = Atomic(0)

    /// Where one counted step ends and the next begins. A function of its own that does something: valgrind waits for its call.
    @inline(never)
    static func mark() {
        marks.add(1, ordering: .sequentiallyConsistent)
    }

    /// Prints nanoseconds as one JSON object, in microseconds: for percentiles over several runs.
    static func printSamples(_ took: [UInt64]) {
        Swift.print(#"{"took_us": [\#(took.map { String(Double($0) / 1e3) }.joined(separator: ", "))]}"#)
    }

    /// Prints figures as one JSON object.
    static func print(_ figures: KeyValuePairs<String, Double>) {
        Swift.print("{" + figures.map { "\"\($0.key)\": \($0.value)" }.joined(separator: ", ") + "}")
    }
}
