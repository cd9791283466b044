import TestSupport
import Testing

@testable import RiderJournal

@Suite struct DeliveryLedgerTests {
    @Test func aProbeConfirmsEverythingBeforeItAsOneRun() {
        var ledger = DeliveryLedger()
        ledger.record(DeliveryRange(first: 1, last: 10, state: .handedOff))
        ledger.record(DeliveryRange(first: 11, last: 20, state: .handedOff))
        #expect(ledger.ranges == [DeliveryRange(first: 1, last: 20, state: .handedOff)])
        ledger.record(DeliveryRange(first: 1, last: 15, state: .brokerConfirmed))
        #expect(
            ledger.ranges == [
                DeliveryRange(first: 1, last: 15, state: .brokerConfirmed),
                DeliveryRange(first: 16, last: 20, state: .handedOff),
            ])
        #expect(ledger.refused == 0)
    }

    @Test func whatIsKnownIsNotErased() {
        var ledger = DeliveryLedger()
        ledger.record(DeliveryRange(first: 5, last: 6, state: .brokerConfirmed))
        ledger.record(DeliveryRange(first: 4, last: 7, state: .noSubscriber))
        #expect(ledger.refused == 2)
        #expect(ledger.state(of: 4) == .noSubscriber)
        #expect(ledger.state(of: 5) == .brokerConfirmed)
        #expect(ledger.state(of: 7) == .noSubscriber)
        #expect(ledger.state(of: 8) == .journaled)
    }

    @Test(arguments: DeliveryState.allCases) func anAnswerOfAListenerIsProof(state: DeliveryState) {
        #expect(state.mayBecome(.robotAcknowledged) == (state != .robotAcknowledged))
        #expect(!state.mayBecome(.journaled))
    }

    @Test(arguments: 0..<20) func behavesLikeADictionary(seed: UInt64) {
        var random = SplitMix(seed: seed &* 77 &+ 1)
        var ledger = DeliveryLedger()
        var model: [Int64: DeliveryState] = [:]
        var refused: Int64 = 0
        for _ in 0..<300 {
            let first = Int64.random(in: 1...60, using: &random)
            let last = first + Int64.random(in: -1...12, using: &random)
            if Int.random(in: 0..<6, using: &random) == 0 {
                ledger.remove(first: first, last: last)
                if first <= last { for seq in first...last { model[seq] = nil } }
            } else {
                let state = DeliveryState.allCases.randomElement(using: &random) ?? .uncertain
                ledger.record(DeliveryRange(first: first, last: last, state: state))
                if first <= last {
                    for seq in first...last {
                        let old = model[seq] ?? .journaled
                        if old.mayBecome(state) {
                            model[seq] = state
                        } else if old != state, old != .robotAcknowledged {
                            refused += 1
                        }
                    }
                }
            }
            for seq in Int64(0)...75 { #expect(ledger.state(of: seq) == model[seq] ?? .journaled) }
            #expect(ledger.refused == refused)
            for (left, right) in zip(ledger.ranges, ledger.ranges.dropFirst()) {
                #expect(left.last < right.first)
                #expect(left.last + 1 < right.first || left.state != right.state, "neighbours are merged")
            }
            #expect(ledger.ranges.allSatisfy { $0.first <= $0.last && $0.state != .journaled })
            for state in DeliveryState.allCases where state != .journaled {
                #expect(ledger.count(of: state) == Int64(model.values.filter { $0 == state }.count))
            }
        }
    }
}

@Suite struct ChecksumTests {
    @Test(arguments: [
        ("", 0xEF46_DB37_51D8_E999 as UInt64), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
        ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
    ])
    func matchesThePublishedVectors(text: String, expected: UInt64) {
        #expect(Array(text.utf8).withUnsafeBytes { Checksum.of($0) } == expected)
    }
}
