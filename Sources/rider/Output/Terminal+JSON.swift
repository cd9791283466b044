import RiderModel

extension Terminal {
    /// Prints one JSON document on one line.
    static func write(json: JSONValue) {
        write(json.encoded + [UInt8(ascii: "\n")])
    }
}

extension JSONValue {
    static func whole(_ value: some BinaryInteger) -> JSONValue { .integer(Int64(value)) }

    /// Seconds since 1970.
    static func time(_ time: UnixTime) -> JSONValue { .number(time.seconds) }

    static func optional<Value>(_ value: Value?, _ make: (Value) -> JSONValue) -> JSONValue {
        value.map(make) ?? .null
    }
}
