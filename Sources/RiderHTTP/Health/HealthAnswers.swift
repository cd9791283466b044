import Hummingbird
import RiderModel

/// The answers of the `/health` routes.
enum HealthAnswers {
    /// The program is there; says nothing about its parts.
    static func live(at time: UnixTime) -> Response {
        Answer.json { json in
            json.object { json in
                json.key("status")
                json.string("alive")
                json.key("timestamp")
                json.number(time.seconds)
            }
        }
    }

    /// The old program's route: a copy of the robot's health, by default `{"ok":true,"status":"ok"}`. It is always 200: what is
    /// wrong stands in the body.
    static func old(_ health: JSONValue) -> Response {
        Answer.json { $0.value(health) }
    }

    /// The same without a robot: this worker's own health.
    static func old(_ checks: [HealthCheck]?) -> Response {
        let isReady = checks?.allSatisfy(\.isReady) ?? false
        return old(["ok": .bool(isReady), "status": isReady ? "ok" : "not_ready"])
    }

    /// - Parameter checks: nil when they took too long.
    static func ready(_ checks: [HealthCheck]?, limit: Duration, at time: UnixTime) -> Response {
        let checks =
            checks ?? [HealthCheck(name: "readiness", isReady: false, detail: "no answer within \(limit)")]
        let isReady = checks.allSatisfy(\.isReady)
        return Answer.json(isReady ? .ok : .serviceUnavailable) { json in
            json.object { json in
                json.key("status")
                json.string(isReady ? "ready" : "not_ready")
                json.key("timestamp")
                json.number(time.seconds)
                json.key("checks")
                json.object { json in
                    for check in checks {
                        json.key(dynamic: check.name)
                        write(check, to: &json)
                    }
                }
            }
        }
    }

    private static func write(_ check: HealthCheck, to json: inout JSONWriter) {
        json.object { json in
            json.key("status")
            json.string(check.isReady ? "ready" : "not_ready")
            json.key("error")
            if check.isReady { json.null() } else { json.string(check.detail ?? "not ready") }
            if check.isReady, let detail = check.detail {
                json.key("detail")
                json.string(detail)
            }
        }
    }
}
