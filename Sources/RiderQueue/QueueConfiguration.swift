/// How a queue behaves; the same for every backend.
public struct QueueConfiguration: Sendable {
    /// Tasks in the queue at most, leased and delayed ones included. Frames that replace an older one may exceed it, as long as
    /// no more than this many replaced ones wait to be answered. Default 10,000.
    public var maxSize = 10_000
    /// A task may have this many bytes. Default 4 MiB.
    public var maxTaskBytes = 4 << 20
    /// A lease that is not renewed for this long ends. Default 30 s.
    public var leaseDuration = Duration.seconds(30)
    /// A task tried this often without a result becomes a dead letter. Every claim counts whose lease ended or whose task failed; what a
    /// killed worker had not begun is not counted when its successor says so, see ``WorkerRemains/started``. Default 5.
    public var maxAttempts = 5
    /// The wait before a retry is random between zero and `retryBase * 2^(attempt - 1)`, at most `retryMaximum`. Default 0.5 s.
    public var retryBase = Duration.milliseconds(500)
    /// Default 60 s.
    public var retryMaximum = Duration.seconds(60)
    /// Against starvation: a task counts as one level more urgent for each such time it has waited, at most as level 1. Zero, the
    /// default, leaves the ten levels strict.
    public var aging = Duration.zero
    /// Dead letters kept at most; the oldest make room. Default 1,000.
    public var maxDeadLetters = 1_000

    public init() {}
}
