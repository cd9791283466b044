import Logging
import RiderConfiguration
import RiderModel
import RiderQueue

/// Opens the queue that the settings name.
enum QueueOpener {
    /// The queue's file in the data folder.
    static let fileName = "queue.db"

    /// Where the queue is, for people.
    static func place(_ settings: Settings) -> String {
        settings.dataDirectory + "/" + fileName
    }

    /// - Parameter owner: names the leases that are taken through it.
    static func open(_ settings: Settings, owner: String) async throws -> any TaskQueue {
        switch settings.queue.backend {
        case "embedded":
            try await EmbeddedQueue(
                path: place(settings), owner: owner,
                configuration: QueueConfiguration(settings.queue))
        case let backend:
            throw CommandFailure("this program has no queue of the kind \(backend): set queue.backend to embedded")
        }
    }

    /// Opens the queue for a command that only puts in, looks or repairs.
    static func withQueue<Value>(
        _ settings: Settings, _ work: (any TaskQueue) async throws -> Value
    ) async throws -> Value {
        try await work(try await open(settings, owner: "command-line"))
    }
}

extension QueueConfiguration {
    init(_ settings: QueueSettings) {
        self.init()
        maxSize = settings.maxSize
        maxTaskBytes = settings.maxTaskBytes
        leaseDuration = settings.leaseDuration
        maxAttempts = settings.maxAttempts
        retryBase = settings.retryBase
        retryMaximum = settings.retryMaximum
        maxDeadLetters = settings.maxDeadLetters
    }
}
