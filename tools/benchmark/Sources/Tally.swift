import Synchronization

/// A count that one task waits for.
final class Tally: Sendable {
    private let totals: AsyncStream<Int>
    private let sink: AsyncStream<Int>.Continuation
    private let total = Atomic(0)

    init() {
        (totals, sink) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func add(_ count: Int) {
        sink.yield(total.add(count, ordering: .relaxed).newValue)
    }

    /// Returns once the count is at least `goal`, or when the task is cancelled.
    func reaches(_ goal: Int) async {
        if total.load(ordering: .relaxed) >= goal { return }
        for await total in totals where total >= goal { break }
    }
}
