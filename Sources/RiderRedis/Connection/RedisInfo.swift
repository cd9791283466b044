/// The answer to `INFO`: lines of `key:value`.
struct RedisInfo: Sendable {
    private let values: [Substring: Substring]

    init(_ text: String) {
        var values: [Substring: Substring] = [:]
        for line in text.split(whereSeparator: \.isNewline) where !line.hasPrefix("#") {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { values[parts[0]] = parts[1] }
        }
        self.values = values
    }

    subscript(key: String) -> String? { values[Substring(key)].map(String.init) }

    /// 0 when there is none.
    var majorVersion: Int {
        self["redis_version"]?.split(separator: ".").first.flatMap { Int($0) } ?? 0
    }
}
