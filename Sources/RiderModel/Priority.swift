/// One of ten strict levels; 1 is the most urgent.
public struct Priority: Sendable, Hashable, Comparable, RawRepresentable {
    public static let range = 1...10
    /// What an envelope without a `priority` gets.
    public static let standard = Priority(unchecked: 5)
    public static let all = range.map(Priority.init(unchecked:))

    public let rawValue: Int

    /// - Returns: nil outside 1…10: a level is refused, never clamped.
    public init?(rawValue: Int) {
        guard Self.range.contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    private init(unchecked rawValue: Int) {
        self.rawValue = rawValue
    }

    /// The level a task is claimed at after it has waited: one level more urgent for each `step`, at most the most urgent one.
    ///
    /// - Parameter step: zero: waiting changes nothing.
    public func aged(by waited: Duration, step: Duration) -> Priority {
        let step = step.wholeMilliseconds
        guard step > 0 else { return self }
        let levels = Int(min(max(0, waited.wholeMilliseconds) / step, Int64(Self.range.upperBound)))
        return Priority(unchecked: max(Self.range.lowerBound, rawValue - levels))
    }

    /// The more urgent level is the smaller one.
    public static func < (left: Priority, right: Priority) -> Bool {
        left.rawValue < right.rawValue
    }
}
