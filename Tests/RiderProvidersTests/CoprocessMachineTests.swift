import RiderModel
import Testing

@testable import RiderProviders

@Suite struct CoprocessMachineTests {
    private static let second: UInt64 = 1_000_000_000

    private func limits(waiting: Int = 3) -> CoprocessMachine.Limits {
        .init(start: .seconds(10), firstRestart: .seconds(1), lastRestart: .seconds(8), waiting: waiting)
    }

    private func ready() -> CoprocessMachine {
        var machine = CoprocessMachine(limits())
        _ = machine.start(at: 0)
        _ = machine.becameReady()
        return machine
    }

    @Test func `requests that come early are sent when the process is ready, one at a time, in order`() {
        var machine = CoprocessMachine(limits())
        #expect(machine.submit(1) == [])
        #expect(machine.start(at: 0) == [.spawn])
        #expect(machine.submit(2) == [])
        #expect(machine.becameReady() == [.send(1)])
        #expect(machine.submit(3) == [])
        #expect(machine.answered(1) == [.send(2)])
        #expect(machine.answered(2) == [.send(3)])
        #expect(machine.answered(3) == [])
        #expect(machine.state == .idle)
    }

    @Test func `a request whose time is up leaves its turn to the next`() {
        var machine = CoprocessMachine()
        _ = machine.start(at: 0)
        _ = machine.submit(1)
        _ = machine.submit(2)
        #expect(machine.becameReady() == [.send(1)])
        #expect(machine.skipped(1) == [.send(2)])
        #expect(machine.submit(3) == [])
        #expect(machine.skipped(3) == [], "it was still waiting")
        #expect(machine.answered(2) == [])
        #expect(machine.state == .idle)
        #expect(machine.skipped(2) == [])
    }

    @Test func `the number of waiting requests is limited`() {
        var machine = CoprocessMachine(limits(waiting: 2))
        _ = machine.submit(1)
        _ = machine.submit(2)
        #expect(machine.submit(3) == [.fail(3, "has too many requests waiting")])
    }

    @Test func `a death in the middle of a request fails that request only`() {
        var machine = ready()
        _ = machine.submit(1)
        _ = machine.submit(2)
        #expect(machine.ended("ended (signal 9)", at: 0, jitter: 0) == [.fail(1, "ended (signal 9)")])
        #expect(machine.waiting == [2])
        #expect(machine.tick(at: Self.second / 2) == [.spawn])
        #expect(machine.becameReady() == [.send(2)])
    }

    @Test func `waits twice as long with every failure in a row, up to the limit, between half and all of it`() {
        for jitter in [0.0, 0.5, 0.999] {
            var machine = CoprocessMachine(limits())
            _ = machine.start(at: 0)
            var now: UInt64 = 0
            for full in [1.0, 2, 4, 8, 8, 8] {
                _ = machine.ended("ended", at: now, jitter: jitter)
                let until = machine.wakeTime ?? 0
                let wait = Double(until - now) / 1e9
                #expect(abs(wait - full * (0.5 + jitter / 2)) < 0.001)
                now = until
                #expect(machine.tick(at: now - 1) == [])
                #expect(machine.tick(at: now) == [.spawn])
            }
        }
    }

    @Test func `an answer ends the row of failures, being ready alone does not`() {
        var machine = ready()
        for _ in 0..<4 {
            _ = machine.ended("ended", at: 0, jitter: 0)
            _ = machine.tick(at: 100 * Self.second)
            _ = machine.becameReady()
        }
        #expect(machine.failures == 4)
        _ = machine.submit(1)
        _ = machine.answered(1)
        #expect(machine.failures == 0)
    }

    @Test func `requests are refused at once while it keeps dying`() {
        var machine = CoprocessMachine(limits())
        _ = machine.start(at: 0)
        _ = machine.submit(1)
        #expect(machine.ended("ended (exit code 1)", at: 0, jitter: 0) == [])
        _ = machine.tick(at: 10 * Self.second)
        #expect(
            machine.ended("ended (exit code 1)", at: 20, jitter: 0)
                == [.fail(1, "is being restarted: ended (exit code 1)")])
        #expect(machine.submit(2) == [.fail(2, "is being restarted: ended (exit code 1)")])
    }

    @Test func `a cancelled request in flight costs the process its life, a waiting one does not`() {
        var machine = ready()
        _ = machine.submit(1)
        _ = machine.submit(2)
        #expect(machine.cancel(2) == [])
        #expect(machine.waiting.isEmpty)
        #expect(machine.cancel(1) == [.kill])
        #expect(machine.submit(3) == [], "waits for the next process")
        #expect(machine.ended("ended (signal 9)", at: 0, jitter: 0) == [])
        #expect(machine.lastFailure == "took too long")
        _ = machine.tick(at: Self.second)
        #expect(machine.becameReady() == [.send(3)])
    }

    @Test func `one that does not become ready in time is killed`() {
        var machine = CoprocessMachine(limits())
        _ = machine.start(at: 0)
        #expect(machine.wakeTime == 10 * Self.second)
        #expect(machine.tick(at: 10 * Self.second - 1) == [])
        #expect(machine.tick(at: 10 * Self.second) == [.kill])
        #expect(machine.tick(at: 11 * Self.second) == [], "once")
    }

    @Test func `an answer that nobody asked for ends it`() {
        var idle = ready()
        #expect(idle.answered(7) == [.kill])
        var busy = ready()
        _ = busy.submit(1)
        #expect(busy.answered(2) == [.fail(1, "answered a request that was not asked"), .kill])
        var twice = ready()
        #expect(twice.becameReady() == [.kill])
    }

    @Test func `stopping fails what waits and kills what runs`() {
        var machine = ready()
        _ = machine.submit(1)
        _ = machine.submit(2)
        #expect(machine.stop() == [.fail(2, "was stopped"), .fail(1, "was stopped"), .kill])
        #expect(machine.state == .stopped)
        var waiting = CoprocessMachine(limits())
        _ = waiting.start(at: 0)
        _ = waiting.ended("ended", at: 0, jitter: 0)
        #expect(waiting.stop() == [])
    }

    @Test func `an idle process that answers pings is asked, and one that stays silent is replaced`() {
        var machine = CoprocessMachine(limits())
        _ = machine.start(at: 0)
        #expect(machine.becameReady(at: 0, answersPings: true) == [])
        #expect(machine.wakeTime == 10 * Self.second)
        #expect(machine.tick(at: 9 * Self.second) == [])
        #expect(machine.tick(at: 10 * Self.second) == [.ping])
        #expect(machine.submit(7) == [])
        #expect(machine.answeredPing(at: 11 * Self.second) == [.send(7)])
        #expect(machine.answered(7, at: 12 * Self.second) == [])
        #expect(machine.tick(at: 21 * Self.second) == [])
        #expect(machine.tick(at: 22 * Self.second) == [.ping])
        #expect(machine.tick(at: 27 * Self.second) == [.kill])
        #expect(machine.lastFailure == "did not answer within 5 s")
    }

    @Test func `one that does not know pings is left in peace`() {
        var machine = CoprocessMachine(limits())
        _ = machine.start(at: 0)
        _ = machine.becameReady(at: 0)
        #expect(machine.wakeTime == nil)
        #expect(machine.tick(at: 1000 * Self.second) == [])
    }

    /// Whatever happens in whatever order: every request ends exactly once.
    @Test func `loses no request in a random order of events`() {
        var random = SplitMix(seed: 11)
        for _ in 0..<300 {
            var machine = CoprocessMachine(limits())
            var open: Set<Int> = []
            var now: UInt64 = 0
            var isAlive = false
            var last = 0

            func perform(_ actions: [CoprocessMachine.Action]) {
                for action in actions {
                    switch action {
                    case .spawn: isAlive = true
                    case .fail(let id, _): #expect(open.remove(id) != nil)
                    case .send(let id): #expect(open.contains(id) && isAlive)
                    case .ping: #expect(isAlive)
                    case .kill: break
                    }
                }
            }
            perform(machine.start(at: 0))
            for _ in 0..<200 {
                now += UInt64.random(in: 0...3, using: &random) * Self.second
                switch Int.random(in: 0..<6, using: &random) {
                case 0, 1:
                    last += 1
                    open.insert(last)
                    perform(machine.submit(last))
                case 2:
                    if case .starting = machine.state { perform(machine.becameReady(at: now, answersPings: true)) }
                    if machine.isChecking { perform(machine.answeredPing(at: now)) }
                case 3:
                    if case .busy(let id) = machine.state {
                        open.remove(id)
                        perform(machine.answered(id, at: now))
                    }
                case 4:
                    if isAlive, Bool.random(using: &random) {
                        isAlive = false
                        perform(machine.ended("ended", at: now, jitter: 0.5))
                    }
                default:
                    if let id = open.randomElement(using: &random), Bool.random(using: &random) {
                        open.remove(id)
                        perform(machine.cancel(id))
                    }
                }
                perform(machine.tick(at: now))
            }
            perform(machine.stop())
            #expect(open.isEmpty)
        }
    }
}

@Suite struct LineSplitterTests {
    private func lines(_ splitter: inout LineSplitter, _ text: String) throws -> [String] {
        var bytes = Array(text.utf8)
        return try bytes.withUnsafeMutableBytes { try splitter.append(UnsafeRawBufferPointer($0)) }
            .map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `puts lines together from pieces`() throws {
        var splitter = LineSplitter(limit: 10, overflow: .refuse)
        #expect(try lines(&splitter, "ab") == [])
        #expect(try lines(&splitter, "c\nd\n\ne") == ["abc", "d", ""])
        #expect(try lines(&splitter, "\n") == ["e"])
    }

    @Test func `cuts or refuses a line that is too long`() throws {
        var cutting = LineSplitter(limit: 3, overflow: .cut)
        #expect(try lines(&cutting, "abcd") == [])
        #expect(try lines(&cutting, "efgh\nxy\n") == ["abc", "xy"])
        var refusing = LineSplitter(limit: 3, overflow: .refuse)
        #expect(try lines(&refusing, "abc\n") == ["abc"])
        #expect(throws: LineSplitter.LineTooLong.self) { try self.lines(&refusing, "abcd") }
    }
}
