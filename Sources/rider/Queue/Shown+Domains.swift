import RiderModel

extension Shown {
    /// `voice, text`
    static func domains(_ domains: Set<Domain>) -> String {
        domains.map(\.rawValue).sorted().joined(separator: ", ")
    }
}

extension JSONValue {
    static func domains(_ domains: Set<Domain>) -> JSONValue {
        .array(domains.map(\.rawValue).sorted().map(JSONValue.string))
    }
}
