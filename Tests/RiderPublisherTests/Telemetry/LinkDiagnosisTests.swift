import RiderBus
import Testing

@testable import RiderPublisher

@Suite struct LinkDiagnosisTests {
    private static let millisecond: UInt64 = 1_000_000
    private var diagnosis = LinkDiagnosis(
        heartbeatInterval: 500 * Self.millisecond, heartbeatTimeout: 1_000 * Self.millisecond)

    @Test mutating func aPeerThatDiesIsNotFrozen() {
        diagnosis.linkWentDown(silence: 3 * Self.millisecond)
        diagnosis.look(at: 0, isUp: false, silence: nil)
        #expect(!diagnosis.isFrozen)
        #expect(diagnosis.deadline == nil)
    }

    @Test mutating func aProbeThatStayedAwayBeforeTheLinkBrokeTellsOfAFrozenPeer() {
        diagnosis.linkWentDown(silence: 1_100 * Self.millisecond)
        #expect(diagnosis.isFrozen)
        diagnosis.linkCameUp()
        #expect(!diagnosis.isFrozen)
    }

    @Test mutating func aPeerThatTakesAConnectionAndSaysNothingIsFrozen() {
        diagnosis.linkWentDown(silence: nil)
        diagnosis.take(.connected, at: 100 * Self.millisecond)
        #expect(diagnosis.deadline == 1_100 * Self.millisecond)
        diagnosis.look(at: 1_099 * Self.millisecond, isUp: false, silence: nil)
        #expect(!diagnosis.isFrozen)
        diagnosis.look(at: 1_100 * Self.millisecond, isUp: false, silence: nil)
        #expect(diagnosis.isFrozen)
        #expect(diagnosis.deadline == nil)
    }

    @Test mutating func aHandshakeInTimeIsAnAnswer() {
        diagnosis.take(.connected, at: 0)
        diagnosis.take(.handshakeSucceeded, at: 2 * Self.millisecond)
        diagnosis.look(at: 9_000 * Self.millisecond, isUp: false, silence: nil)
        #expect(!diagnosis.isFrozen)
    }

    @Test mutating func aBrokerThatReadsAndPassesNothingOnIsFrozenWithTheLinkUp() {
        diagnosis.look(at: 0, isUp: true, silence: 2_999 * Self.millisecond)
        #expect(!diagnosis.isFrozen)
        diagnosis.look(at: 0, isUp: true, silence: 3_000 * Self.millisecond)
        #expect(diagnosis.isFrozen)
        diagnosis.look(at: 0, isUp: true, silence: nil)
        #expect(!diagnosis.isFrozen)
    }
}
