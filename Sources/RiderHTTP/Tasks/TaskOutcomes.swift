import HTTPTypes
import Hummingbird
import RiderModel
import RiderQueue

/// What became of the tasks of one request, and the answer that says so.
///
/// `202` when at least one task is in the queue (a duplicate is), whatever became of the others, with a list of both:
///
///     {"accepted": 1, "tasks": [{"index": 0, "task_id": "a", "status": "queued"}],
///      "rejected": [{"index": 1, "code": "missing_field", "error": "`payload` is missing"}]}
///
/// With none in: `429` and `Retry-After` when the queue was full for one of them, `413` when all of them were too large, else
/// `400`; the body is the same with an `error` and a `code` of its own.
struct TaskOutcomes {
    private var tasks: [Task] = []
    private var rejected: [Rejection] = []

    private struct Task {
        let index: Int
        let id: String
        let isDuplicate: Bool
    }

    private struct Rejection {
        let index: Int
        let id: String?
        let code: String
        let message: String
    }

    private static let full = "queue_full"
    private static let tooLarge = "too_large"

    /// - Parameter outcomes: the queue's, for the readable tasks of the batch in their order.
    init(_ batch: TaskBatch, _ outcomes: [EnqueueOutcome]) {
        var next = outcomes.makeIterator()
        for (index, item) in batch.items.enumerated() {
            switch item {
            case .failure(let error): reject(index, nil, error.code, error.description)
            case .success(let envelope):
                switch next.next() {
                case .queued: tasks.append(Task(index: index, id: envelope.id, isDuplicate: false))
                case .duplicate: tasks.append(Task(index: index, id: envelope.id, isDuplicate: true))
                case .full(let limit):
                    reject(
                        index, envelope.id, Self.full, "the queue holds its limit of \(limit) tasks: try again later")
                case .tooLarge(let limit):
                    reject(
                        index, envelope.id, Self.tooLarge,
                        "the task has \(envelope.bytes.count) bytes, more than the limit of \(limit)")
                case nil: reject(index, envelope.id, "no_outcome", "the queue did not say what became of the task")
                }
            }
        }
    }

    private mutating func reject(_ index: Int, _ id: String?, _ code: String, _ message: String) {
        rejected.append(Rejection(index: index, id: id, code: code, message: message))
    }

    private var isFull: Bool { rejected.contains { $0.code == Self.full } }

    private var status: HTTPResponse.Status {
        if !tasks.isEmpty { return .accepted }
        if isFull { return .tooManyRequests }
        return rejected.allSatisfy { $0.code == Self.tooLarge } ? .contentTooLarge : .badRequest
    }

    var answer: Response {
        var response = Answer.json(status) { json in
            json.object { json in
                if tasks.isEmpty, let first = rejected.first(where: { $0.code == Self.full }) ?? rejected.first {
                    json.key("error")
                    json.string(
                        rejected.count == 1
                            ? first.message
                            : "none of \(rejected.count) tasks was accepted; the first: \(first.message)")
                    json.key("code")
                    json.string(first.code)
                }
                json.key("accepted")
                json.integer(tasks.count)
                json.key("tasks")
                json.array { json in
                    for task in tasks { write(task, to: &json) }
                }
                json.key("rejected")
                json.array { json in
                    for rejection in rejected { write(rejection, to: &json) }
                }
            }
        }
        if isFull { response.headers[.retryAfter] = "1" }
        return response
    }

    private func write(_ task: Task, to json: inout JSONWriter) {
        json.object { json in
            json.key("index")
            json.integer(task.index)
            json.key("task_id")
            json.string(task.id)
            json.key("status")
            json.string(task.isDuplicate ? "duplicate" : "queued")
        }
    }

    private func write(_ rejection: Rejection, to json: inout JSONWriter) {
        json.object { json in
            json.key("index")
            json.integer(rejection.index)
            if let id = rejection.id {
                json.key("task_id")
                json.string(id)
            }
            json.key("code")
            json.string(rejection.code)
            json.key("error")
            json.string(rejection.message)
        }
    }
}
