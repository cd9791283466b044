import RiderModel

/// What the scripts know of a task: `position attempts state enqueued deadline bytes level type task_id`.
struct QueueElement: Sendable, Hashable {
    enum State: UInt8, Sendable {
        case waiting = 0x77
        case superseded = 0x73
        case expired = 0x78
    }

    let position: Int64
    let attempts: Int
    let state: State
    let enqueuedAt: UnixTime
    let deadline: UnixTime?
    let bytes: Int
    let priority: Priority
    /// The element as it came: a claim reads one for each task, and makes no strings of it.
    private let text: [UInt8]
    private let typeStart: Int
    private let idStart: Int

    var type: String { String(decoding: text[typeStart..<idStart - 1], as: UTF8.self) }
    var id: String { String(decoding: text[idStart...], as: UTF8.self) }

    /// - Returns: nil for what is no element.
    init?(_ text: [UInt8]) {
        var fields = Fields(text)
        guard let position = fields.number(), let attempts = fields.number(),
            let state = fields.letter().flatMap(State.init), let enqueued = fields.number(),
            let deadline = fields.number(), let bytes = fields.number(),
            let priority = fields.number().flatMap({ Priority(rawValue: Int($0)) })
        else { return nil }
        typeStart = fields.next
        guard fields.skip() else { return nil }
        idStart = fields.next
        self.text = text
        self.position = position
        self.attempts = Int(attempts)
        self.state = state
        enqueuedAt = UnixTime(milliseconds: enqueued)
        self.deadline = deadline > 0 ? UnixTime(milliseconds: deadline) : nil
        self.bytes = Int(bytes)
        self.priority = priority
    }

    var lease: ClaimedTask.Lease { .init(position: position, attempt: attempts) }
}

/// Reads fields that end with a space.
private struct Fields {
    private let text: [UInt8]
    /// Where the next field begins.
    private(set) var next = 0

    init(_ text: [UInt8]) {
        self.text = text
    }

    /// A number of decimal digits.
    mutating func number() -> Int64? {
        var value: Int64 = 0
        let start = next
        while next < text.count, case let digit = text[next] &- UInt8(ascii: "0"), digit < 10 {
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooLargeBy) = product.addingReportingOverflow(Int64(digit))
            if isTooLarge || isTooLargeBy { return nil }
            value = sum
            next += 1
        }
        return next > start && endsField() ? value : nil
    }

    mutating func letter() -> UInt8? {
        guard next < text.count else { return nil }
        let letter = text[next]
        next += 1
        return endsField() ? letter : nil
    }

    /// Passes over one field; false when no other follows it.
    mutating func skip() -> Bool {
        while next < text.count, text[next] != UInt8(ascii: " ") { next += 1 }
        return endsField()
    }

    private mutating func endsField() -> Bool {
        guard next < text.count, text[next] == UInt8(ascii: " ") else { return false }
        next += 1
        return true
    }
}
