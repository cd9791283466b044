/// What a listener has of one topic: everything up to a number, and some later messages that wait for missing ones.
struct TopicPlace: Sendable, Hashable {
    /// Runs of numbers remembered until they are acknowledged. What is forgotten stays in the worker's journal as it was.
    static let maxRuns = 16

    /// Everything up to this number was handed out, or will never come.
    private(set) var through: Int64
    /// The last number that is known to exist.
    var highest: Int64
    /// Later messages, by number.
    var held: [Int64: [UInt8]] = [:]
    /// Numbers that were handed out and that the worker has not yet taken down, in order.
    private(set) var runs: [ClosedRange<Int64>]

    init(through: Int64, runs: [ClosedRange<Int64>] = []) {
        self.through = through
        highest = through
        self.runs = runs
    }

    /// The next message in order, which counts as handed out from now on; nil when it is not here.
    mutating func next() -> [UInt8]? {
        guard let body = held.removeValue(forKey: through + 1) else { return nil }
        through += 1
        if let last = runs.last, last.upperBound == through - 1 {
            runs[runs.count - 1] = last.lowerBound...through
        } else {
            runs.append(through...through)
            if runs.count > Self.maxRuns { runs.removeFirst() }
        }
        return body
    }

    /// Goes on behind numbers that will never come.
    mutating func skip(through number: Int64) {
        through = max(through, number)
        highest = max(highest, through)
    }

    mutating func acknowledged(_ numbers: ClosedRange<Int64>) {
        runs = runs.flatMap { run -> [ClosedRange<Int64>] in
            var rest: [ClosedRange<Int64>] = []
            if run.lowerBound < numbers.lowerBound {
                rest.append(run.lowerBound...min(run.upperBound, numbers.lowerBound - 1))
            }
            if run.upperBound > numbers.upperBound {
                rest.append(max(run.lowerBound, numbers.upperBound + 1)...run.upperBound)
            }
            return rest
        }
    }

    /// The first runs of numbers that are missing.
    func missing(limit: Int) -> [ClosedRange<Int64>] {
        var runs: [ClosedRange<Int64>] = []
        var next = through + 1
        for number in held.keys.sorted() {
            if number > next { runs.append(next...(number - 1)) }
            if runs.count == limit { return runs }
            next = number + 1
        }
        if next <= highest { runs.append(next...highest) }
        return runs
    }
}
