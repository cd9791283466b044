/// What a text was understood to mean.
struct Understanding: Sendable, Hashable {
    struct Entity: Sendable, Hashable {
        enum Value: Sendable, Hashable {
            case text(String)
            case number(Double)
        }

        var type: String
        var value: Value
        /// Of a measured number: `m`, `deg`, `s`, `%`.
        var unit: String?
        var confidence: Double
    }

    struct Mood: Sendable, Hashable {
        /// `positive`, `negative` or `neutral`.
        var label: String
        var score: Double
    }

    static let unknownIntent = "unknown"

    var intent: String
    var confidence: Double
    var entities: [Entity]
    var mood: Mood
}
