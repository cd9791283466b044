import RiderModel

/// Says when the next message of a replay may be sent. It has no clock: times are monotonic nanoseconds that the owner
/// tells.
///
/// A broker drops silently what its listeners cannot take, so a pace is correctness: how far the broker has read is known
/// from probes, what a listener behind it has read is not.
public struct ReplayPace: Sendable {
    /// A thread that was late may make up for this much.
    static let longestDelayMadeUp: UInt64 = 100_000_000
    /// A replay with its original gaps that is later than this goes on from here with the gaps that follow.
    static let longestLag: UInt64 = 1_000_000_000
    /// A round trip is slow when it takes so many times the shortest one, and longer than it by ``slowBy``.
    static let slowFactor: UInt64 = 4
    static let slowBy: UInt64 = 20_000_000

    private enum Kind {
        case unlimited
        case interval
        case gaps(speed: Double)
    }

    private let kind: Kind
    /// The rate that is never exceeded; nil when there is none.
    private let limit: Double?
    private let adapts: Bool
    /// Messages per second now.
    private(set) var rate: Double
    private var nextDue: UInt64 = 0
    private var anchor: (time: UInt64, recordedAt: UnixTime)?
    private var lastRecordedAt: UnixTime?
    private var shortestRoundTrip: UInt64?

    public init(_ rate: ReplayRate) {
        switch rate {
        case .unlimited: (kind, limit, adapts) = (.unlimited, nil, false)
        case .speed(let speed): (kind, limit, adapts) = (.gaps(speed: speed), nil, false)
        case .perSecond(let limit): (kind, self.limit, adapts) = (.interval, limit, false)
        case .adaptive(let limit): (kind, self.limit, adapts) = (.interval, limit, true)
        }
        self.rate = limit ?? 0
    }

    /// When the message may be sent; a time that has come means now.
    public mutating func due(_ recordedAt: UnixTime, at now: UInt64) -> UInt64 {
        switch kind {
        case .unlimited: return now
        case .interval: return nextDue
        case .gaps(let speed):
            guard let anchor, let last = lastRecordedAt, recordedAt >= last else {
                // The first one, or the first one after the clock was set back.
                anchor = (now, recordedAt)
                lastRecordedAt = recordedAt
                return now
            }
            let gap = Double(recordedAt.milliseconds - anchor.recordedAt.milliseconds) * 1e6 / speed
            return anchor.time + UInt64(min(gap, 1e18))
        }
    }

    /// The message has been given to the socket.
    public mutating func sent(_ recordedAt: UnixTime, at now: UInt64) {
        switch kind {
        case .unlimited: break
        case .interval:
            // The first one, or a long delay, leaves nothing to make up for.
            let isLate = nextDue == 0 || now > nextDue + Self.longestDelayMadeUp
            nextDue = (isLate ? now : nextDue) + UInt64(1e9 / rate)
        case .gaps:
            if now > due(recordedAt, at: now) + Self.longestLag { anchor = (now, recordedAt) }
            lastRecordedAt = recordedAt
        }
    }

    /// Messages that may be on their way without being confirmed, where a probe confirms.
    public var unconfirmedLimit: Int {
        // Half a second's worth: a broker that has not read that much is not reading.
        adapts ? max(32, Int(rate / 2)) : .max
    }

    /// A probe has come back.
    public mutating func confirmed(roundTrip: UInt64) {
        guard adapts, let limit else { return }
        let shortest = min(shortestRoundTrip ?? roundTrip, roundTrip)
        shortestRoundTrip = shortest
        if roundTrip > max(Self.slowFactor * shortest, shortest + Self.slowBy) {
            rate = max(rate / 2, limit / 32, 1)
        } else {
            rate = min(limit, rate + limit / 16)
        }
    }

    /// The way was closed for a while: what follows does not make up for it.
    public mutating func interrupted() {
        anchor = nil
        nextDue = 0
        shortestRoundTrip = nil
    }
}
