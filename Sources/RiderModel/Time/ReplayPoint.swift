/// Where a replay begins or ends.
public enum ReplayPoint: Sendable, Hashable {
    case time(TimeExpression)
    /// `last-outage`: the beginning of the last one when a replay begins there, its end when it ends there.
    case lastOutage
    /// `seq:N`: the message of that number in the journal.
    case sequence(Int64)

    /// Reads a ``TimeExpression``, `last-outage` or `seq:N`.
    public init(parsing text: String, zone: TimeZoneRules = .local) throws(TimeExpressionError) {
        if text == "last-outage" {
            self = .lastOutage
        } else if text.hasPrefix("seq:") {
            guard let number = Int64(text.dropFirst(4)), number > 0, text.dropFirst(4).first != "+" else {
                throw TimeExpressionError(text, "behind seq: there must be a number from 1 on")
            }
            self = .sequence(number)
        } else {
            self = .time(try TimeExpression(parsing: text, zone: zone))
        }
    }
}
