import Hummingbird

extension AccessPolicy.Refusal {
    /// Says what is missing; never what was given.
    var answer: Response {
        switch self {
        case .foreignHost:
            Answer.refusal(
                .forbidden, code: "host_not_allowed",
                "This server listens on loopback and answers only under a loopback name. Behind a proxy, keep the Host "
                    + "header or add its name to the allowed hosts.")
        case .foreignOrigin:
            Answer.refusal(
                .forbidden, code: "origin_not_allowed", "Web pages of other hosts must not change anything here.")
        case .noTokenConfigured:
            Answer.refusal(
                .forbidden, code: "no_token_configured",
                "This server listens beyond loopback and takes changes only with a token, but none is set: set "
                    + "http.token (RIDER_HTTP_TOKEN), or listen on 127.0.0.1.")
        case .tokenMissing:
            Answer.refusal(
                .unauthorized, code: "token_missing", "Send the token of http.token as `Authorization: Bearer TOKEN`.",
                headers: [.wwwAuthenticate: "Bearer"])
        case .tokenWrong:
            Answer.refusal(
                .unauthorized, code: "token_wrong", "The bearer token is not the one of http.token.",
                headers: [.wwwAuthenticate: "Bearer error=\"invalid_token\""])
        }
    }
}
