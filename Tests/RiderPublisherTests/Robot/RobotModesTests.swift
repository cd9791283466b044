import RiderModel
import Testing

@testable import RiderPublisher

@Suite struct RobotModesTests {
    private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test func unknownMeansSilence() {
        let modes = RobotModes()
        #expect(Domain.allCases.allSatisfy { modes.mode(of: $0) == nil && !modes.wants($0) })
    }

    @Test func robotSaysWhoWorks() {
        var modes = RobotModes()
        #expect(
            modes.observe(topic: "provider.vision.state", body: bytes(#"{"domain":"vision","mode":"pc"}"#)) == .vision)
        #expect(modes.observe(topic: "provider.vision.state", body: bytes(#"{"domain":"vision","mode":"pc"}"#)) == nil)
        #expect(modes.wants(.vision))
        #expect(!modes.wants(.voice))
        #expect(
            modes.observe(topic: "provider.vision.state", body: bytes(#"{"domain":"vision","mode":"local"}"#))
                == .vision)
        #expect(modes.mode(of: .vision) == .local)
    }

    @Test func fallbackEndsTheWishForResults() {
        var modes = RobotModes()
        modes.observe(topic: "provider.voice.state", body: bytes(#"{"mode":"pc","status":"pc_pending"}"#))
        #expect(modes.wants(.voice))
        modes.observe(topic: "provider.voice.state", body: bytes(#"{"mode":"pc","status":"fallback"}"#))
        #expect(!modes.wants(.voice))
    }

    @Test(arguments: [#"{"mode":"cloud"}"#, #"{"mode":1}"#, "[]", "", #"{"domain":"voice","mode":"pc"}"#, "{"])
    func stateThatCannotBeUnderstoodMeansSilence(body: String) {
        var modes = RobotModes()
        modes.observe(topic: "provider.vision.state", body: bytes(#"{"mode":"pc"}"#))
        #expect(modes.observe(topic: "provider.vision.state", body: bytes(body)) == .vision)
        #expect(modes.mode(of: .vision) == nil)
        #expect(!modes.wants(.vision))
    }

    private func expectUnreadable(
        _ domain: Domain, wantsChanged: Bool, isFirst: Bool, _ modes: inout RobotModes,
        at place: SourceLocation = #_sourceLocation
    ) {
        let said = modes.observeUnreadable(domain)
        #expect(said.wantsChanged == wantsChanged, sourceLocation: place)
        #expect(said.isFirst == isFirst, sourceLocation: place)
    }

    @Test func onlyTheFirstOfUnreadableStatesIsNews() {
        var modes = RobotModes()
        expectUnreadable(.vision, wantsChanged: false, isFirst: true, &modes)
        modes.observe(state(.vision, .pc))
        expectUnreadable(.vision, wantsChanged: true, isFirst: true, &modes)
        #expect(modes.mode(of: .vision) == nil)
        expectUnreadable(.vision, wantsChanged: false, isFirst: false, &modes)
        expectUnreadable(.voice, wantsChanged: false, isFirst: true, &modes)
        // The robot's answer by HTTP ends it, unless it cannot be understood either.
        _ = modes.take([], to: modes.question)
        expectUnreadable(.vision, wantsChanged: false, isFirst: false, &modes)
        _ = modes.take([state(.vision, .pc)], to: modes.question)
        #expect(modes.wants(.vision))
        expectUnreadable(.vision, wantsChanged: true, isFirst: true, &modes)
    }

    @Test func answerToAQuestionFromBeforeAnUnreadableStateDoesNotCount() {
        var modes = RobotModes()
        let question = modes.question
        modes.observeUnreadable(.vision)
        let answer = modes.take([state(.vision, .pc), state(.voice, .pc)], to: question)
        #expect(!answer.isWhole)
        #expect(modes.mode(of: .vision) == nil)
        #expect(modes.wants(.voice))
    }

    @Test func otherTopicsSayNothing() {
        var modes = RobotModes()
        for topic in ["provider.vision.states", "provider.smell.state", "system.ai.mode.changed", ""] {
            #expect(modes.observe(topic: topic, body: bytes(#"{"mode":"pc"}"#)) == nil)
        }
        #expect(Domain.allCases.allSatisfy { !modes.wants($0) })
        #expect(RobotModes.topics == ["provider.voice.state", "provider.vision.state", "provider.text.state"])
    }

    @Test func whatWasHeardCanBeForgottenAndAssumptionsStay() {
        var heard = RobotModes()
        heard.observe(ProviderState(domain: .text, mode: .pc, status: "pc_pending"))
        #expect(heard.wants(.text))
        heard.forget()
        #expect(!heard.wants(.text))

        var assumed = RobotModes(assuming: .pc)
        assumed.observe(topic: "provider.voice.state", body: bytes(#"{"mode":"local"}"#))
        assumed.forget()
        #expect(assumed.wants(.voice))
    }

    private func state(_ domain: Domain, _ mode: ProviderMode) -> ProviderState {
        ProviderState(domain: domain, mode: mode, status: mode == .pc ? "pc_pending" : "local_only")
    }

    @Test func answerOfTheRobotIsTakenAsAWhole() {
        var modes = RobotModes()
        modes.observe(state(.text, .pc))
        let (changed, isWhole) = modes.take([state(.vision, .pc), state(.voice, .local)], to: modes.question)
        #expect(Set(changed) == [.vision, .text])
        #expect(isWhole)
        #expect(modes.wants(.vision))
        #expect(modes.mode(of: .voice) == .local)
        #expect(modes.mode(of: .text) == nil, "a domain that the robot does not name is unknown")
    }

    @Test func eventThatComesWhileTheRobotIsAskedStands() {
        var modes = RobotModes()
        let question = modes.question
        modes.observe(topic: "provider.vision.state", body: bytes(#"{"mode":"local"}"#))
        let (changed, isWhole) = modes.take([state(.vision, .pc), state(.voice, .pc)], to: question)
        #expect(changed == [.voice])
        #expect(!isWhole, "the robot is to be asked again")
        #expect(!modes.wants(.vision))
        #expect(modes.take([state(.vision, .local), state(.voice, .pc)], to: modes.question).isWhole)
    }

    @Test func answerFromBeforeALostLinkIsWorthNothing() {
        var modes = RobotModes()
        let question = modes.question
        modes.forget()
        #expect(!modes.take([state(.vision, .pc)], to: question).isWhole)
        #expect(!modes.wants(.vision))
    }

    /// A robot without a battery-backed clock starts in the past: its stamps must not make an older state win.
    @Test func robotWhoseClockWasSetBackIsBelieved() {
        var modes = RobotModes()
        modes.observe(ProviderState(domain: .vision, mode: .pc, status: "pc_pending", changedAt: 1_763_000_000))
        let boot = ProviderState(domain: .vision, mode: .local, status: "local_only", changedAt: 12)
        #expect(modes.take([boot], to: modes.question).changed == [.vision])
        #expect(!modes.wants(.vision))
    }
}
