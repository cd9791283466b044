import RiderModel

/// Makes envelopes from what a line of input, a file or an option says.
struct TaskTemplate {
    /// nil: the text is a whole envelope.
    var type: TaskType?
    var priority = Priority.standard
    var meta: [UInt8]?
    var expiresIn: Duration?

    /// - Parameters:
    ///   - text: a payload object, or an envelope when there is no ``type``.
    ///   - id: used when the text brings none.
    func envelope(_ text: [UInt8], id: @autoclosure () -> String) throws(EnvelopeError) -> TaskEnvelope {
        if let type {
            // Each text by itself: none may close the object around it and go on with members of its own.
            try Self.checkObject(text, "payload")
            if let meta { try Self.checkObject(meta, "meta") }
            return try TaskEnvelope(
                id: id(), type: type, payload: text, meta: meta, priority: priority, expiresIn: expiresIn)
        }
        do {
            return try TaskEnvelope(parsing: text)
        } catch .missing(field: "task_id") {
            return try TaskEnvelope(parsing: Self.adding(id(), to: text))
        }
    }

    private static func checkObject(_ text: [UInt8], _ field: String) throws(EnvelopeError) {
        do {
            _ = try JSONMembers(scanning: text)
        } catch {
            if (try? JSONValue(parsing: text)) != nil { throw .wrongType(field: field, expected: "an object") }
            throw .json(error)
        }
    }

    /// Puts an id in as the first member and leaves all other bytes as they are.
    ///
    /// - Parameter text: one JSON object.
    private static func adding(_ id: String, to text: [UInt8]) -> [UInt8] {
        guard let brace = text.firstIndex(of: UInt8(ascii: "{")) else { return text }
        let rest = text[(brace + 1)...]
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        let isEmpty = rest.first { !isBlank($0) } == UInt8(ascii: "}")
        return Array("{\"task_id\":\"\(id)\"\(isEmpty ? "" : ",")".utf8) + rest
    }
}
