/// How a worker takes and finishes tasks.
public struct WorkerConfiguration: Sendable {
    /// Tasks in one claim at most. Default 256.
    public var batchSize = 256
    /// Tasks are claimed ahead of free slots only while they are worth at most this much work, so that a slow engine holds
    /// nothing that another worker could run. Default 20 ms.
    public var claimAhead = Duration.milliseconds(20)
    /// How long a lease lasts when it is not renewed; the worker renews at a third of it. Default 30 s.
    public var leaseDuration = Duration.seconds(30)
    /// The queue's ``RiderQueue/QueueConfiguration/aging``. When it is on, claimed tasks start in the order of their claims, because one
    /// that has risen must not be overtaken for ever. Zero, the default: off.
    public var aging = Duration.zero
    /// After the request to stop, running tasks may take this long. Default 20 s.
    public var shutdownGrace = Duration.seconds(20)
    /// A result whose message has more bytes loses its binary fields in the journal. Default 8 MiB.
    public var maxBodyBytes = 8 << 20

    public init() {}
}
