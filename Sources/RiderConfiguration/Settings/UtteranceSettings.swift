import Configuration

/// `[voice.asr.utterance]`: how the robot's microphone is cut into utterances.
public struct UtteranceSettings: Sendable {
    public var preRoll: Duration
    public var hangover: Duration
    public var shortest: Duration
    public var longest: Duration
    public var gap: Duration
    /// Above the noise floor.
    public var thresholdDecibels: Double
    /// Below the loudest sound there can be.
    public var minimumDecibels: Double
    public var maxSenders: Int

    init(_ reader: ConfigReader) throws {
        preRoll = .milliseconds(try reader.requiredInt(forKey: "pre_roll_ms"))
        hangover = .milliseconds(try reader.requiredInt(forKey: "hangover_ms"))
        shortest = .milliseconds(try reader.requiredInt(forKey: "shortest_ms"))
        longest = .milliseconds(try reader.requiredInt(forKey: "longest_ms"))
        gap = .milliseconds(try reader.requiredInt(forKey: "gap_ms"))
        thresholdDecibels = try reader.requiredDouble(forKey: "threshold_db")
        minimumDecibels = try reader.requiredDouble(forKey: "minimum_db")
        maxSenders = try reader.requiredInt(forKey: "max_senders")
    }
}
