import RiderModel
import RiderPublisher

extension RobotContact {
    /// What the contact learns and tells. The closures return at once.
    public struct Environment: Sendable {
        /// What is known of the modes before the robot is asked for them.
        public var question: @Sendable () -> RobotModes.Question
        /// Takes the robot's answer; false asks for another.
        public var take: @Sendable ([ProviderState], RobotModes.Question) -> Bool
        /// Whether the robot wants results of a domain now.
        public var wants: @Sendable (Domain) -> Bool
        /// Puts a heartbeat on the robot's bus.
        public var heartbeat: @Sendable (ProviderHeartbeat) -> Void
        /// Puts an idle voice result on the robot's bus.
        public var idleVoice: @Sendable () -> Void
        /// Gets what the robot follows; nil when it is not known.
        public var tracking: @Sendable (TrackingState?) -> Void
        /// The answer of `GET /providers/capabilities` as it is now.
        public var capabilities: @Sendable () -> [UInt8]
        /// Whether tasks of a domain would be worked on now; nil when the domain is switched off.
        public var isOnline: @Sendable (Domain) -> Bool?
        /// Whether words that come from the bus now would be understood.
        public var isListening: @Sendable () -> Bool

        public init(
            question: @escaping @Sendable () -> RobotModes.Question,
            take: @escaping @Sendable ([ProviderState], RobotModes.Question) -> Bool,
            wants: @escaping @Sendable (Domain) -> Bool,
            heartbeat: @escaping @Sendable (ProviderHeartbeat) -> Void,
            idleVoice: @escaping @Sendable () -> Void, tracking: @escaping @Sendable (TrackingState?) -> Void,
            capabilities: @escaping @Sendable () -> [UInt8], isOnline: @escaping @Sendable (Domain) -> Bool?,
            isListening: @escaping @Sendable () -> Bool
        ) {
            self.question = question
            self.take = take
            self.wants = wants
            self.heartbeat = heartbeat
            self.idleVoice = idleVoice
            self.tracking = tracking
            self.capabilities = capabilities
            self.isOnline = isOnline
            self.isListening = isListening
        }
    }
}
