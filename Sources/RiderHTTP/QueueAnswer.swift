import Hummingbird
import RiderModel
import RiderQueue

/// The answer of `GET /api/queue`.
enum QueueAnswer {
    static func stats(_ stats: QueueStats, at now: UnixTime) -> Response {
        Answer.json { json in
            json.object { json in
                json.key("waiting")
                json.integer(stats.totalWaiting)
                json.key("waiting_by_priority")
                json.object { json in
                    for priority in Priority.all {
                        json.key(dynamic: "\(priority.rawValue)")
                        json.integer(stats.waiting[priority] ?? 0)
                    }
                }
                json.key("leased")
                json.integer(stats.leased)
                json.key("delayed")
                json.integer(stats.delayed)
                json.key("dead")
                json.integer(stats.dead)
                json.key("limit")
                json.integer(stats.limit)
                json.key("oldest_waiting_seconds")
                if let oldest = stats.oldestWaiting {
                    json.number(max(0, (now - oldest).inSeconds))
                } else {
                    json.null()
                }
            }
        }
    }

    static let unavailable = Answer.refusal(
        .serviceUnavailable, code: "queue_unavailable", "The queue does not answer now.", headers: [.retryAfter: "1"])
}
