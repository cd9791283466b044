import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import RiderModel

/// `POST /providers/text/generate`: asks the language model and waits for its answer, past the queue. The robot's chat is
/// patient for about two seconds.
///
/// | | |
/// |---|---|
/// | 200 | `task_id`, `text`, `meta`, `from_cache`, `tokens_used` |
/// | 400 | `prompt` is missing or empty, or another field is wrong |
/// | 422 | the body is not a JSON object |
/// | 502 | the model failed or took too long |
/// | 503 | there is no text provider, or too many ask at once |
///
/// Errors are `{"detail": …}`, as the robot's other PC programs have always sent them. A failure of ours also has a `message`, a
/// sentence for the person who talks to the robot, in the language of the request.
struct GenerateRoute: Sendable {
    private let generate: HTTPSources.Generation?
    private let reader: RequestBodyReader
    private let timeout: Duration
    private let slots: SubmissionSlots
    private let language: Language

    init(_ configuration: HTTPConfiguration, generate: HTTPSources.Generation?) {
        self.generate = generate
        timeout = configuration.generateTimeout
        slots = SubmissionSlots(configuration.maxConcurrentGenerations)
        reader = RequestBodyReader(
            limit: min(configuration.maxBodyBytes, configuration.maxPromptBytes), timeout: configuration.requestTimeout)
        language = configuration.language
    }

    func respond(to request: Request) async -> Response {
        guard slots.take() else {
            return Answer.leavingBody(
                of: request,
                failure(
                    .serviceUnavailable, "Too many requests for text at once", for: .busy, headers: [.retryAfter: "1"]))
        }
        defer { slots.giveBack() }
        switch await reader.read(request) {
        case .body(let body):
            guard isJSON(request.headers[.contentType]) else { return GenerateRefusal.noObject.answer }
            return await respond(to: body)
        case .tooLarge(let isRead):
            let answer = failure(.contentTooLarge, "The body has more than \(reader.limit) bytes", for: nil)
            return isRead ? answer : Answer.closing(answer)
        case .tooSlow:
            return Answer.closing(failure(.requestTimeout, "The body was not here within \(reader.timeout)", for: nil))
        case .gone:
            return Answer.closing(failure(.badRequest, "The body ended too early", for: nil))
        }
    }

    private func respond(to body: [UInt8]) async -> Response {
        let question: JSONValue
        do throws(JSONError) {
            question = try JSONValue(parsing: body)
        } catch {
            return GenerateRefusal.noJSON(error).answer
        }
        guard question.members != nil else { return GenerateRefusal.noObject.answer }
        if let prompt = question["prompt"], !prompt.isNull, prompt.string == nil {
            return failure(.badRequest, "'prompt' must be a string", for: nil)
        }
        guard question["prompt"]?.string?.isEmpty == false else {
            return failure(.badRequest, "Missing 'prompt' in payload", for: nil)
        }
        let language = Language(of: question) ?? language
        guard let generate else { return failure(.serviceUnavailable, Self.noProvider, for: .noModel, in: language) }
        let id = TaskIdentifier.random(prefix: "text-generate-")
        let task: TaskEnvelope
        do {
            task = try TaskEnvelope(id: id, type: .textGenerate, payload: body)
        } catch {
            return failure(.badRequest, "\(error)", for: nil)
        }
        guard let result = await within(timeout, ask: { await generate(task) }) else {
            let seconds = (timeout.inSeconds * 10).rounded() / 10
            return failure(.badGateway, "The text provider took longer than \(seconds) s", for: .tooSlow, in: language)
        }
        return answer(result, id: id, in: language)
    }

    private static let noProvider = "Text provider not initialized"

    private func answer(_ result: TaskResult, id: String, in language: Language) -> Response {
        guard result.status == .completed, let output = result.output.flatMap({ try? JSONValue(parsing: $0) }),
            let text = output["text"]?.string
        else {
            let error = result.error ?? "The text provider gave no text"
            if result.status == .failed, !result.fallbackRequired { return failure(.badRequest, error, for: nil) }
            let isMissing = error == "Provider not initialized"
            return failure(
                isMissing ? .serviceUnavailable : .badGateway, isMissing ? Self.noProvider : error,
                for: isMissing ? .noModel : .failed, in: language)
        }
        return Answer.json { json in
            json.object { json in
                json.key("task_id")
                json.string(id)
                json.key("text")
                json.string(text)
                json.key("meta")
                json.value(.object(result.meta))
                json.key("from_cache")
                json.bool(output["from_cache"]?.bool ?? false)
                json.key("tokens_used")
                json.integer(output["tokens_used"]?.int ?? 0)
            }
        }
    }

    private func failure(
        _ status: HTTPResponse.Status, _ detail: String, for trouble: PersonMessage?, in language: Language? = nil,
        headers: HTTPFields = [:]
    ) -> Response {
        var response = Answer.json(status) { json in
            json.object { json in
                json.key("detail")
                json.string(detail)
                if let trouble {
                    json.key("message")
                    json.string(trouble.text(in: language ?? self.language))
                }
            }
        }
        response.headers.append(contentsOf: headers)
        return response
    }

    private func isJSON(_ contentType: String?) -> Bool {
        let type = contentType?.prefix { $0 != ";" }.trimmingPrefix { $0 == " " }.lowercased() ?? ""
        return type.prefix { $0 != " " } == "application/json"
    }
}

/// A body that is no JSON object, in the words of the web framework that the robot's other PC program used.
private enum GenerateRefusal {
    case noJSON(JSONError)
    case noObject

    var answer: Response {
        Answer.json(.unprocessableContent) { json in
            json.object { json in
                json.key("detail")
                json.array { json in
                    json.object { json in
                        json.key("type")
                        json.string(type)
                        json.key("loc")
                        json.array { $0.string("body") }
                        json.key("msg")
                        json.string(message)
                        json.key("input")
                        json.null()
                    }
                }
            }
        }
    }

    private var type: String {
        switch self {
        case .noJSON: "json_invalid"
        case .noObject: "dict_type"
        }
    }

    private var message: String {
        switch self {
        case .noJSON(let error): "JSON decode error: \(error)"
        case .noObject: "Input should be a valid dictionary"
        }
    }
}

extension Language {
    /// The language that a request names (`context.locale`, `context.language`), else the one that its prompt is written in.
    init?(of question: JSONValue) {
        for key in ["locale", "language", "lang"] {
            if let language = question["context"]?[key]?.string.flatMap(Language.init(tag:)) {
                self = language
                return
            }
        }
        guard let language = question["prompt"]?.string.flatMap(Language.init(ofText:)) else { return nil }
        self = language
    }
}
