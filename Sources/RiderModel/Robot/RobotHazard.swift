/// Why a message must not go to a robot. Robot readers do not check types: a wrong one ends a whole service there, and a
/// missing `present` lets the robot drive on.
public struct RobotHazard: Error, Sendable, Hashable, CustomStringConvertible {
    public let topic: RobotTopic
    /// The field at fault; nil when it is the text as a whole.
    public let field: String?
    /// What would be right.
    public let rule: String

    public init(_ topic: RobotTopic, field: String? = nil, rule: String) {
        self.topic = topic
        self.field = field
        self.rule = rule
    }

    public var description: String {
        "not fit for \(topic.name): " + (field.map { "`\($0)` must be \(rule)" } ?? "it must be \(rule)")
    }
}
