/// What is put before the topics of a replay, so that only listeners who ask for it get it.
///
/// A listener gets every topic that begins with what it has subscribed to. A prefix that began with a robot topic, or with a
/// part of one, would bring history to a robot that takes it for commands: only prefixes that begin with `replay` are allowed.
public struct ReplayTopicPrefix: Sendable, Hashable {
    /// What every prefix begins with.
    public static let beginning = "replay"
    /// Bytes at most.
    public static let longest = 64
    /// Topics as they are.
    public static let none = ReplayTopicPrefix()

    /// As it stands before a topic.
    public let text: String

    private init() {
        text = ""
    }

    /// - Returns: nil for what is too long, has other characters than letters, digits and `._/-`, or begins otherwise.
    public init?(_ text: String) {
        if text.isEmpty {
            self = .none
            return
        }
        guard text.hasPrefix(Self.beginning), text.utf8.count <= Self.longest,
            text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "._/-".contains($0)) })
        else { return nil }
        self.text = text
    }
}
