import RiderModel

/// What a language model is asked.
struct ModelQuestion: Sendable, Hashable {
    var prompt: String
    /// Empty for none.
    var system: String
    var maxTokens: Int
    var temperature: Double
    var topP: Double
    var topK: Int
    /// A JSON schema that the answer must follow; nil for free text.
    var schema: JSONValue?
}

/// What a language model said.
struct GeneratedText: Sendable, Hashable {
    var text: String
    /// As the model's server counted them; nil when it does not.
    var promptTokens: Int?
    var completionTokens: Int?
}
