import HTTPTypes
import Hummingbird
import Logging
import RiderModel
import RiderReplay

/// `/api/replays`: asks a running worker to send history again.
///
/// * `POST /api/replays` takes a JSON object such as `{"since": "2h", "rate": "200/s"}` or `{"resume": 7}`, and answers 202 with
///   the first progress; 200 when there is nothing to send; 409 while another replay runs.
///   With `"watched": true` the replay is stopped when nobody has asked for its progress for 5 s.
/// * `GET /api/replays/{run}?after=VERSION` answers with the progress as soon as it is newer than that version, within a
///   second at the latest.
/// * `DELETE /api/replays/{run}` stops it; it can be resumed.
struct ReplayRoute: Sendable {
    /// How long a reader of progress is kept waiting for news.
    private static let longestWait = Duration.seconds(1)
    private static let maxBodyBytes = 65_536

    private let control: (any ReplayControl)?
    private let reader: RequestBodyReader

    init(_ configuration: HTTPConfiguration, control: (any ReplayControl)?) {
        self.control = control
        reader = RequestBodyReader(limit: Self.maxBodyBytes, timeout: configuration.requestTimeout)
    }

    /// - Parameter run: as the path says; nil is none.
    func respond(to request: Request, run: Int64?) async -> Response {
        guard let control else {
            return Answer.leavingBody(
                of: request,
                Answer.refusal(.serviceUnavailable, code: "no_replays", "This process sends no replays."))
        }
        do throws(ReplayRefusal) {
            guard let run else { return try await begin(request, control) }
            if request.method == .delete {
                guard try await control.stop(run) else { return Answer.leavingBody(of: request, Self.unknown(run)) }
            }
            let version = request.uri.queryParameters["after"].flatMap { Int64($0) } ?? -1
            let limit = request.method == .get ? Self.longestWait : .zero
            guard let progress = try await control.progress(of: run, after: version, within: limit) else {
                return Answer.leavingBody(of: request, Self.unknown(run))
            }
            return Answer.leavingBody(of: request, Self.answer(progress, .ok))
        } catch {
            return Answer.leavingBody(of: request, error.answer)
        }
    }

    private func begin(_ request: Request, _ control: any ReplayControl) async throws(ReplayRefusal) -> Response {
        // Also keeps web pages out: none can send this type here without asking first, which is never allowed.
        guard let type = request.headers[.contentType], type.lowercased().hasPrefix("application/json") else {
            return Answer.leavingBody(
                of: request,
                Answer.refusal(
                    .unsupportedMediaType, code: "unsupported_content_type",
                    "Send the replay as `Content-Type: application/json`."))
        }
        switch await reader.read(request) {
        case .body(let body):
            guard let json = try? JSONValue(parsing: body) else {
                throw .invalid("the body is no JSON that can be read")
            }
            let progress = try await begin(json, control)
            return Self.answer(progress, progress.phase.isEnd ? .ok : .accepted)
        case .tooLarge, .tooSlow, .gone:
            return Answer.closing(
                Answer.refusal(.badRequest, code: "body_unreadable", "The body is too large, or did not come in time."))
        }
    }

    private func begin(
        _ json: JSONValue, _ control: any ReplayControl
    ) async throws(ReplayRefusal) -> ReplayProgress {
        guard let resume = json["resume"] else {
            let request: ReplayRequest
            do throws(ReplayRequestError) {
                request = try ReplayRequest(json: json)
            } catch {
                throw .invalid(error.description)
            }
            return try await control.start(request)
        }
        guard let run = resume.int, case .object(let members) = json,
            members.allSatisfy({ ["resume", "rate", "wait_seconds", "watched"].contains($0.key) })
        else { throw .invalid("resume takes the number of a run, and beside it only rate, wait_seconds and watched") }
        var rate: ReplayRate?
        if let text = json["rate"] {
            guard let parsed = text.string.flatMap(ReplayRate.init(parsing:)) else {
                throw .invalid("rate must be 1x, 10x, 200/s or max")
            }
            rate = parsed
        }
        if let watched = json["watched"], watched.bool == nil { throw .invalid("watched must be true or false") }
        let wait = json["wait_seconds"]?.double.map { Duration.milliseconds(Int64(max(0, min($0, 1e6)) * 1000)) }
        return try await control.resume(
            Int64(run), rate: rate, wait: wait ?? .seconds(5), isWatched: json["watched"]?.bool ?? false)
    }

    private static func answer(_ progress: ReplayProgress, _ status: HTTPResponse.Status) -> Response {
        Answer.json(status) { $0.value(progress.json) }
    }

    private static func unknown(_ run: Int64) -> Response {
        ReplayRefusal.notFound("this process has no replay \(run)").answer
    }
}

extension ReplayRefusal {
    /// A short stable word for programs.
    fileprivate var code: String {
        switch self {
        case .busy: "replay_running"
        case .invalid: "invalid_replay"
        case .notFound: "no_such_replay"
        case .unavailable: "replay_unavailable"
        }
    }

    fileprivate var answer: Response {
        let status: HTTPResponse.Status =
            switch self {
            case .busy: .conflict
            case .invalid: .badRequest
            case .notFound: .notFound
            case .unavailable: .serviceUnavailable
            }
        return Answer.refusal(status, code: code, description)
    }
}
