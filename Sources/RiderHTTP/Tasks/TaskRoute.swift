import HTTPTypes
import Hummingbird
import Logging
import RiderModel
import RiderQueue

/// `POST /api/tasks`: puts tasks into the queue. See ``TaskOutcomes`` for the answers.
struct TaskRoute: Sendable {
    private let submit: HTTPSources.TaskSubmission?
    private let reader: RequestBodyReader
    private let maxTasks: Int
    private let slots: SubmissionSlots
    private let makeID: @Sendable () -> String

    init(
        _ configuration: HTTPConfiguration, submit: HTTPSources.TaskSubmission?,
        makeID: @escaping @Sendable () -> String
    ) {
        self.submit = submit
        self.makeID = makeID
        reader = RequestBodyReader(limit: configuration.maxBodyBytes, timeout: configuration.requestTimeout)
        maxTasks = configuration.maxTasksPerRequest
        slots = SubmissionSlots(configuration.maxConcurrentSubmissions)
    }

    func respond(to request: Request, logger: Logger) async -> Response {
        func refuse(_ refusal: Response) -> Response { Answer.leavingBody(of: request, refusal) }
        guard let submit else {
            return refuse(
                Answer.refusal(.serviceUnavailable, code: "no_queue", "This process takes no tasks over HTTP."))
        }
        // Also keeps web pages out: none can send these types here without asking first, which is never allowed.
        guard let format = TaskBatch.Format(contentType: request.headers[.contentType]) else {
            return refuse(
                Answer.refusal(
                    .unsupportedMediaType, code: "unsupported_content_type",
                    "Send one task or an array of tasks as `Content-Type: application/json`, or one task per line as "
                        + "`application/x-ndjson`."))
        }
        guard slots.take() else {
            return refuse(
                Answer.refusal(
                    .serviceUnavailable, code: "busy", "Too many requests are putting tasks in: try again soon.",
                    headers: [.retryAfter: "1"]))
        }
        defer { slots.giveBack() }
        switch await reader.read(request) {
        case .body(let body): return await respond(to: body, format: format, submit: submit, logger: logger)
        case .tooLarge(let isRead):
            let answer = Answer.refusal(
                .contentTooLarge, code: "body_too_large",
                "The body has more than \(reader.limit) bytes (http.max_body_bytes): send the tasks in several requests."
            )
            return isRead ? answer : Answer.closing(answer)
        case .tooSlow:
            return Answer.closing(
                Answer.refusal(
                    .requestTimeout, code: "body_too_slow", "The body was not here within \(reader.timeout)."))
        case .gone:
            return Answer.closing(Answer.refusal(.badRequest, code: "body_incomplete", "The body ended too early."))
        }
    }

    private func respond(
        to body: [UInt8], format: TaskBatch.Format, submit: HTTPSources.TaskSubmission, logger: Logger
    ) async -> Response {
        let batch: TaskBatch
        do throws(TaskBatch.Failure) {
            batch = try TaskBatch(body, format: format, limit: maxTasks, makeID: makeID)
        } catch {
            return error.answer
        }
        let tasks = batch.items.compactMap { try? $0.get() }.map { NewTask($0) }
        do throws(QueueError) {
            return TaskOutcomes(batch, tasks.isEmpty ? [] : try await submit(tasks)).answer
        } catch {
            logger.warning("Tasks from HTTP were refused: the queue is away", metadata: ["error": "\(error)"])
            return Answer.refusal(
                .serviceUnavailable, code: error.code == .storageFull ? "queue_storage_full" : "queue_unavailable",
                "The queue cannot take tasks now; none of this request is in. Try again later.",
                headers: [.retryAfter: "1"])
        }
    }
}

extension TaskBatch.Failure {
    fileprivate var answer: Response {
        switch self {
        case .empty: Answer.refusal(.badRequest, code: "no_tasks", "The body holds no task.")
        case .broken(let error, let index):
            Answer.refusal(
                .badRequest, code: "invalid_json",
                "The array cannot be read from element \(index) on (\(error)); nothing of it was accepted.")
        case .tooMany(let limit):
            Answer.refusal(
                .contentTooLarge, code: "too_many_tasks",
                "The body holds more than \(limit) tasks: send them in several requests.")
        }
    }
}
