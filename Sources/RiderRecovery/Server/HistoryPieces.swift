import RiderJournal

/// A page of the journal as a listener hears it: every number once, in order, either with its message or with the reason
/// why it has none.
struct HistoryPieces: Sequence {
    enum Piece: Equatable {
        case messages(ClosedRange<Int64>, [[UInt8]])
        case gone(ClosedRange<Int64>, RecoveryAnswer.Gone)
    }

    private var pieces: [Piece] = []

    /// - Parameters:
    ///   - numbers: what the page speaks about.
    ///   - body: makes the message of a record; nil when it cannot be sent.
    init(_ page: TopicPage, numbers: ClosedRange<Int64>, body: (JournalRecord) -> [UInt8]?) {
        var superseded = page.superseded[...]
        var next = numbers.lowerBound
        for record in page.records where numbers.contains(record.topicSeq) && record.topicSeq >= next {
            addMissing(next..<record.topicSeq, &superseded)
            if let message = body(record) {
                add(record.topicSeq, message)
            } else {
                add(record.topicSeq...record.topicSeq, .unsendable)
            }
            next = record.topicSeq + 1
        }
        addMissing(next..<(numbers.upperBound + 1), &superseded)
    }

    func makeIterator() -> Array<Piece>.Iterator { pieces.makeIterator() }

    private mutating func addMissing(_ numbers: Range<Int64>, _ superseded: inout ArraySlice<Int64>) {
        var next = numbers.lowerBound
        while let number = superseded.first, number < numbers.upperBound {
            superseded.removeFirst()
            guard number >= next else { continue }
            if next < number { add(next...(number - 1), .removed) }
            add(number...number, .superseded)
            next = number + 1
        }
        if next < numbers.upperBound { add(next...(numbers.upperBound - 1), .removed) }
    }

    private mutating func add(_ number: Int64, _ message: [UInt8]) {
        if case .messages(let numbers, var bodies) = pieces.last, numbers.upperBound == number - 1 {
            pieces.removeLast()
            bodies.append(message)
            pieces.append(.messages(numbers.lowerBound...number, bodies))
        } else {
            pieces.append(.messages(number...number, [message]))
        }
    }

    private mutating func add(_ numbers: ClosedRange<Int64>, _ reason: RecoveryAnswer.Gone) {
        if case .gone(let before, reason) = pieces.last, before.upperBound == numbers.lowerBound - 1 {
            pieces[pieces.count - 1] = .gone(before.lowerBound...numbers.upperBound, reason)
        } else {
            pieces.append(.gone(numbers, reason))
        }
    }
}
