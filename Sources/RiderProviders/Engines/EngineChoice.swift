import RiderModel
import Synchronization

/// The engines of one task type, the preferred one first. The first healthy one does the work; when it fails, the next one
/// is asked with what is left of the task's time.
///
/// Healthy means that the engine's circuit breaker lets a call through: an engine that is away costs a few quick failures,
/// then nothing until its next trial.
struct EngineChoice: Sendable {
    /// One engine with what stands before it.
    struct Member: Sendable {
        let engine: any Engine
        /// nil for a built-in engine.
        let breaker: EngineBreaker?
        let gate: EngineGate
    }

    /// How a task ended.
    enum Outcome: Sendable {
        /// Made by the engine at this place of the list.
        case result(TaskResult, by: Int)
        /// Every engine's circuit breaker refused; the shortest of their waits.
        case refused(untilRetry: Duration?)
        /// The last engine's error, and what the others before it said.
        case failed(EngineError, engine: String?)
    }

    let members: [Member]
    let time: TimeSource

    /// - Parameter timeout: for all engines together.
    /// - Throws: `CancellationError`, or what shows that an engine itself is broken code.
    func perform(_ task: ClaimedTask, timeout: Duration) async throws -> Outcome {
        let start = time.monotonicNanoseconds()
        var failures: [(engine: String, text: String)] = []
        var isRefusedOnly = true
        var hasFailed = false
        for (place, member) in members.enumerated() {
            let engine = member.engine
            guard let breaker = member.breaker else {
                do {
                    return .result(try await engine.perform(task), by: place)
                } catch let error as EngineError {
                    switch error {
                    case .payload: return .failed(error, engine: nil)
                    case .absent(let text), .unsuited(let text): failures.append((engine.name, text))
                    case .failed(let text):
                        hasFailed = true
                        failures.append((engine.name, text))
                    }
                    isRefusedOnly = false
                    continue
                }
            }
            let used = Duration.nanoseconds(Int64(clamping: time.monotonicNanoseconds() &- start))
            guard used < timeout else { break }
            switch try await attempt(task, engine, member.gate, breaker, limit: timeout - used) {
            case .result(let result): return .result(result, by: place)
            case .refused: continue
            case .failed(.payload(let text)): return .failed(.payload(text), engine: nil)
            case .failed(.unsuited(let text)), .failed(.absent(let text)): failures.append((engine.name, text))
            case .failed(.failed(let text)):
                hasFailed = true
                failures.append((engine.name, text))
            }
            isRefusedOnly = false
        }
        guard !isRefusedOnly, let last = failures.last else {
            return .refused(untilRetry: members.compactMap(\.breaker?.timeUntilRetry).min())
        }
        let text =
            failures.count == 1 ? last.text : failures.map { "\($0.engine): \($0.text)" }.joined(separator: "; ")
        return .failed(hasFailed ? .failed(text) : .absent(text), engine: last.engine)
    }

    private enum Attempt {
        case result(TaskResult)
        case refused
        case failed(EngineError)
    }

    private struct Refused: Error {}

    private func attempt(
        _ task: ClaimedTask, _ engine: any Engine, _ gate: EngineGate, _ breaker: EngineBreaker, limit: Duration
    ) async throws -> Attempt {
        // Asked before the wait for a place as well, so that nobody waits for an engine that is left alone.
        if breaker.timeUntilRetry ?? .zero > .zero { return .refused }
        let taken = Mutex<CircuitBreaker.Pass?>(nil)
        func record(_ outcome: CircuitBreaker.Outcome) {
            if let pass = taken.withLock({ $0 }) { breaker.record(outcome, for: pass) }
        }
        do {
            let result = try await withDeadline(limit) {
                try await gate.enter()
                defer { gate.leave() }
                guard let pass = breaker.permit() else { throw Refused() }
                taken.withLock { $0 = pass }
                do {
                    return try await withDeadline(engine.limits.timeout) { try await engine.perform(task) }
                } catch is DeadlineExceeded {
                    throw EngineError.failed(tooLong(task, engine.limits.timeout))
                }
            }
            record(.success)
            return .result(result)
        } catch is Refused {
            return .refused
        } catch let error as EngineError {
            if case .failed = error { record(.failure) } else { record(.inconclusive) }
            return .failed(error)
        } catch is DeadlineExceeded {
            guard taken.withLock({ $0 }) != nil else {
                let seconds = limit.inSeconds.formatted(decimals: 1)
                return .failed(.unsuited("\(task.envelope.type.rawValue) waited \(seconds) s in vain for its turn"))
            }
            record(.failure)
            return .failed(.failed(tooLong(task, limit)))
        } catch {
            record(.inconclusive)
            throw error
        }
    }

    private func tooLong(_ task: ClaimedTask, _ limit: Duration) -> String {
        "\(task.envelope.type.rawValue) took longer than \(limit.inSeconds.formatted(decimals: 1)) s and was ended"
    }
}
