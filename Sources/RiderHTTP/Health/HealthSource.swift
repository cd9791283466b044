/// Knows whether the parts of the process can do their work.
public protocol HealthSource: Sendable {
    /// One entry per part. It is asked at each `GET /health/ready`; when the task is cancelled, it took too long and must return.
    func checks() async -> [HealthCheck]
}

/// How one part of the process is.
public struct HealthCheck: Sendable, Hashable {
    /// Names the part: `queue`, `journal`, `link`.
    public var name: String
    public var isReady: Bool
    /// What is wrong and what to do, or, for a part that is ready, something worth knowing. No secrets: anybody may read it.
    public var detail: String?

    public init(name: String, isReady: Bool, detail: String? = nil) {
        self.name = name
        self.isReady = isReady
        self.detail = detail
    }
}
