/// A message that a robot can take without harm. There is no other way to make one than through the validator, so what the
/// publisher is given is fit to be sent as long as it is fresh and the robot's domain is in mode `pc`.
public struct RobotMessage: Sendable, Hashable {
    public let topic: RobotTopic
    /// One JSON object.
    public let body: [UInt8]
    /// The task behind it.
    public let taskID: String
    /// When the robot's input arrived here, by this machine's clock: what the age of the message is counted from.
    public let inputAt: UnixTime

    /// - Throws: ``RobotHazard`` for a body that would confuse, stop or endanger the robot.
    public init(topic: RobotTopic, body: [UInt8], taskID: String, inputAt: UnixTime) throws(RobotHazard) {
        try RobotMessageValidator.validate(body, for: topic)
        self.topic = topic
        self.body = body
        self.taskID = taskID
        self.inputAt = inputAt
    }
}
