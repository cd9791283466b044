import RiderBus
import RiderJournal
import RiderModel
import RiderReplay

/// Replays beside live messages: on the same socket, one at a time, and only while no live message waits.
extension TelemetryLoop {
    /// Then a look at live messages is due.
    private static let replayRowsPerTurn = 64
    private static let stopPatience: UInt64 = 1_000_000_000
    private static let confirmPatience: UInt64 = 5_000_000_000

    /// Does what can be done for the replay that is asked for.
    ///
    /// - Parameter maySend: no live message waits.
    func sendReplay(maySend: Bool) throws -> Held {
        let now = publisher.time.monotonicNanoseconds()
        if replay == nil {
            guard let feed = publisher.replays.take() else { return .nothingToSend }
            let running = RunningReplay(feed)
            machine.beginReplay(running.names, namedOnly: feed.job.namedSubscribersOnly, at: now)
            replay = running
            tellReplay()
        }
        if replay?.ending == nil, replay?.feed.isStopping == true {
            endReplay(.success(.stopped), patience: Self.stopPatience, at: now)
        }
        if let held = lookForSubscriber(at: now) { return held }
        if replay?.ending != nil { return awaitConfirmation(at: now) }
        guard maySend else { return .untilEvent }
        setPhase(.sending)
        for _ in 0..<Self.replayRowsPerTurn {
            if let held = try sendReplayRow() { return held }
        }
        return .moreNow
    }

    // MARK: - Subscribers

    /// - Returns: what to wait for while nobody is there; nil when somebody is.
    private func lookForSubscriber(at now: UInt64) -> Held? {
        guard let running = replay else { return .nothingToSend }
        if let reachedAt = machine.replayIsReached(at: now) {
            replay?.unreachedSince = nil
            return reachedAt > now && running.sent == 0 ? .until(reachedAt) : nil
        }
        machine.releaseOldRows(at: now)
        // Told to stop, or all is well: nobody needs to be there any more.
        if let ending = running.ending, ending.isFinal || machine.replayUnconfirmed == 0 && !machine.replayIsInDoubt {
            return nil
        }
        if running.unreachedSince == nil {
            replay?.unreachedSince = now
            replay?.ending = nil
            if running.sent > 0 { rewindReplay(at: now) }
            setPhase(.waiting)
        }
        let end = (replay?.unreachedSince ?? now) + UInt64(max(0, running.feed.job.wait.inSeconds) * 1e9)
        guard now >= end else { return .until(end) }
        completeReplay(.success((replay?.sent ?? 0) == 0 ? .noSubscriber : .interrupted), at: now)
        return .moreNow
    }

    /// What was lost with the link is sent once more when it is back.
    private func rewindReplay(at now: UInt64) {
        let behind = machine.rewindReplay()
        tellReplay()
        replay?.rewind(to: behind.position, sentBehind: behind.rows)
    }

    // MARK: - Rows

    /// - Returns: why the next row cannot be sent now; nil when it has been dealt with.
    private func sendReplayRow() throws -> Held? {
        let now = publisher.time.monotonicNanoseconds()
        let record: JournalRecord
        switch replay?.next() ?? .pending {
        case .row(let row): record = row
        case .pending: return .untilEvent
        case .end:
            endReplay(.success(.finished), patience: Self.confirmPatience, at: now)
            return .moreNow
        case .failed(let error):
            endReplay(.failure(error), patience: Self.stopPatience, at: now)
            return .moreNow
        }
        guard var pace = replay?.pace, machine.replayUnconfirmed < pace.unconfirmedLimit else { return .untilEvent }
        let due = pace.due(record.recordedAt, at: now)
        replay?.pace = pace
        if due > now { return .until(due) }
        switch machine.decideReplay(seq: record.seq, topic: record.topic, at: now) {
        case .hold(let until): return until.map(Held.until) ?? .untilEvent
        case .undelivered:
            replay?.head = nil
            return nil
        case .send: break
        }
        guard let message = replayMessage(of: record) else {
            machine.unsendable(seq: record.seq, topic: record.topic, lane: .replay, at: now)
            replay?.head = nil
            return nil
        }
        guard try socket.send(message) == .sent else {
            machine.refused(at: now)
            return .until(machine.retryAt ?? now)
        }
        machine.sent(seq: record.seq, topic: record.topic, lane: .replay, at: now)
        publisher.publishedNumbers.note(record.topicSeq, of: record.topic)
        replay?.pace.sent(record.recordedAt, at: now)
        replay?.head = nil
        replay?.sent += 1
        napsUntil = now + Self.napTime
        if try readSubscriptions() {
            machine.doubtLastSent(at: now)
            try readSockets()
        }
        return nil
    }

    /// Made once, however often the socket refuses it.
    private func replayMessage(of record: JournalRecord) -> [[UInt8]]? {
        if let message = replay?.head?.message { return message }
        guard let running = replay, let name = running.names[record.topic],
            let body = builder.body(
                of: record,
                replay: .init(run: running.feed.job.run, at: publisher.time.wall(), of: record.recordedAt))
        else { return nil }
        replay?.head?.message = [name, body]
        return [name, body]
    }

    // MARK: - End

    private func endReplay(_ ending: Result<ReplayEnding, any Error>, patience: UInt64, at now: UInt64) {
        replay?.ending = ending
        replay?.confirmUntil = now + patience
        setPhase(.confirming)
    }

    private func awaitConfirmation(at now: UInt64) -> Held {
        guard let running = replay, let ending = running.ending else { return .nothingToSend }
        machine.releaseOldRows(at: now)
        guard machine.replayUnconfirmed > 0, machine.isLinkUp, now < running.confirmUntil else {
            completeReplay(ending, at: now)
            return .moreNow
        }
        return .until(min(now + 50_000_000, running.confirmUntil))
    }

    func completeReplay(_ ending: Result<ReplayEnding, any Error>, at now: UInt64) {
        machine.endReplay(at: now)
        tellReplay()
        let feed = replay?.feed
        replay = nil
        feed?.complete(ending)
    }

    private func setPhase(_ phase: ReplayReport.Phase) {
        guard replay?.phase != phase else { return }
        replay?.phase = phase
        tellReplay()
    }

    /// Hands on everything that is known now.
    private func tellReplay() {
        let report = machine.takeReport(at: publisher.time.monotonicNanoseconds(), isLast: true)
        deliver(report ?? DeliveryReport())
    }
}

extension Result<ReplayEnding, any Error> {
    /// Ends even when nobody is there to confirm what was sent.
    fileprivate var isFinal: Bool {
        switch self {
        case .success(.finished): false
        default: true
        }
    }
}
