import RiderModel

/// A message for the robot with the age that counts.
struct RobotCommand: Sendable, Hashable {
    var message: RobotMessage
    /// When the input that this answers arrived at this machine, in monotonic nanoseconds: the robot's clock is not ours, and
    /// nobody on the robot looks at the age.
    var receivedAt: UInt64
}
