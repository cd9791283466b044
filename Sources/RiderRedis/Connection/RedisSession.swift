import RiderExecution
import RiderModel

/// A connection that is ready: authenticated, in its database, with all scripts loaded. Like its handle it blocks its thread, belongs
/// to one actor and ends with the first error.
final class RedisSession {
    let handle: RedisHandle
    /// Redis' number of this connection.
    let clientID: Int64
    /// Names one run of the server: another one after a restart.
    let runID: String
    private let configuration: RedisConfiguration
    private let clock: String
    /// `EVALSHA` and the script's digest.
    private var evaluations: [RedisScript: RedisCommand] = [:]

    /// - Parameters:
    ///   - name: shown by `CLIENT LIST`.
    ///   - clock: how scripts read the time; tests pass another one.
    init(_ configuration: RedisConfiguration, name: String, clock: String) throws(RedisError) {
        self.configuration = configuration
        self.clock = clock
        handle = try RedisHandle(configuration)
        var commands: [RedisCommand] = []
        if !configuration.password.isEmpty {
            commands.append(
                configuration.username.isEmpty
                    ? RedisCommand("AUTH", configuration.password)
                    : RedisCommand("AUTH", configuration.username, configuration.password))
        }
        if configuration.database != 0 { commands.append(RedisCommand("SELECT", String(configuration.database))) }
        commands.append(RedisCommand("CLIENT", "SETNAME", name))
        commands.append(RedisCommand("INFO", "server"))
        commands.append(RedisCommand("CLIENT", "ID"))
        let replies = try Self.send(commands, on: handle)
        if let error = replies.lazy.compactMap(\.error).first { throw RedisError(.refused, error) }
        clientID = replies.last?.integer ?? 0
        let info = RedisInfo(replies.dropLast().last?.string ?? "")
        runID = info["run_id"] ?? ""
        guard info.majorVersion >= 7 else {
            throw RedisError(
                .incompatible,
                "Redis \(info["redis_version"] ?? "of unknown version") is too old: 7.0 or newer is needed")
        }
        try loadScripts()
    }

    /// Sends commands in one go and reads their answers, in order.
    ///
    /// A script that the server has forgotten is loaded again, and the commands are sent once more: a transaction of scripts does
    /// nothing when one of them is unknown. So a pipeline holds scripts only when it is one command or a transaction.
    ///
    /// - Throws: a ``RedisError`` only when the connection failed; errors that Redis sent are among the answers.
    func perform(_ commands: [RedisCommand], within limit: Duration? = nil) throws(RedisError) -> [RedisReply] {
        let replies = try exchange(commands, within: limit)
        guard replies.contains(where: \.isUnknownScript) else { return replies }
        try loadScripts()
        return try exchange(commands, within: limit)
    }

    /// Where commands of this connection are asked about whose answers did not come.
    var unanswered: UnansweredCommand { UnansweredCommand(clientID: clientID, runID: runID) }

    /// Sends a blocking call and, behind it, a claim; waits for the blocking call's answer or for one of other descriptors.
    ///
    /// The claim lies in Redis' buffer until the call ends, and is carried out before Redis turns to anybody else.
    func block(
        on keys: [String], milliseconds: Int64, _ claim: RedisCommand?, within patience: Duration, or others: [Int32]
    ) throws(RedisError) -> RedisHandle.Arrival {
        var pop = RedisCommand("BZPOPMIN")
        for key in keys { pop.append(key) }
        pop.append("\(Double(max(1, milliseconds)) / 1000)")
        try append(pop)
        if let claim { try append(claim) }
        try handle.flush()
        return try handle.reply(within: patience, or: others)
    }

    /// The answer to a claim whose blocking call has been answered.
    ///
    /// - Throws: also what Redis refused. When it refused the blocking call, what the claim took counts as unanswered.
    func answer(to claim: RedisCommand, behind pop: RedisReply) throws(RedisError) -> RedisReply {
        var reply = try handle.reply()
        if let error = pop.error { throw RedisError(.refused, error, unanswered: unanswered) }
        // The server forgot its scripts while the claim lay there.
        if reply.isUnknownScript { reply = try perform([claim])[0] }
        if let error = reply.error { throw RedisError(.refused, error) }
        return reply
    }

    /// Puts a command into the output buffer.
    private func append(_ command: RedisCommand) throws(RedisError) {
        try handle.append(command, evaluation: command.script.flatMap { evaluations[$0] })
    }

    private func exchange(_ commands: [RedisCommand], within limit: Duration?) throws(RedisError) -> [RedisReply] {
        for command in commands { try append(command) }
        do throws(RedisError) {
            try handle.flush()
            var replies: [RedisReply] = []
            replies.reserveCapacity(commands.count)
            for _ in commands { replies.append(try handle.reply(within: limit)) }
            return replies
        } catch {
            var error = error
            error.unanswered = unanswered
            throw error
        }
    }

    private func loadScripts() throws(RedisError) {
        let commands = RedisScript.allCases.map { RedisCommand("SCRIPT", "LOAD", $0.source(clock: clock)) }
        for (script, reply) in zip(RedisScript.allCases, try Self.send(commands, on: handle)) {
            guard let digest = reply.string, reply.error == nil else {
                throw RedisError(.refused, reply.error ?? "SCRIPT LOAD gave no digest")
            }
            evaluations[script] = RedisCommand("EVALSHA", digest)
        }
    }

    private static func send(
        _ commands: [RedisCommand], on handle: RedisHandle
    ) throws(RedisError) -> [RedisReply] {
        for command in commands { try handle.append(command) }
        try handle.flush()
        var replies: [RedisReply] = []
        for _ in commands { replies.append(try handle.reply()) }
        return replies
    }
}

extension RedisReply {
    fileprivate var isUnknownScript: Bool { error?.hasPrefix("NOSCRIPT") == true }
}
