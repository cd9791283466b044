/// How the robot's microphone is cut into utterances. Section `voice.asr.utterance`.
///
/// Sound is looked at in windows of 20 ms. A window is speech when its level is ``thresholdDecibels`` above the noise floor,
/// which follows the quietest sound of the last seconds, and above ``minimumDecibels``.
public struct UtteranceConfiguration: Sendable, Hashable {
    /// Sound before the first loud window that belongs to the utterance: quiet consonants come first. `pre_roll_ms`, default
    /// 300 ms.
    public var preRoll = Duration.milliseconds(300)
    /// Silence that ends an utterance; shorter silence is a pause within it. `hangover_ms`, default 600 ms.
    public var hangover = Duration.milliseconds(600)
    /// Less speech than this is a noise and is dropped. `shortest_ms`, default 200 ms.
    public var shortest = Duration.milliseconds(200)
    /// A longer utterance is cut here and goes on as another one. `longest_ms`, default 15 s. It bounds the memory of a
    /// sender.
    public var longest = Duration.seconds(15)
    /// A sender that stops in the middle of an utterance has ended it after this time. `gap_ms`, default 400 ms.
    public var gap = Duration.milliseconds(400)
    /// How far above the noise floor speech begins. `threshold_db`, default 9 dB.
    public var thresholdDecibels = 9.0
    /// What is quieter is never speech; 0 is the loudest there can be. `minimum_db`, default -50 dB.
    public var minimumDecibels = -50.0
    /// Senders at once; another one takes the place of the one that has been silent the longest. `max_senders`, default 4.
    public var maxSenders = 4

    public init() {}
}
