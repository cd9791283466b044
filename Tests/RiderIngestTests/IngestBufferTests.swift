import RiderModel
import RiderQueue
import Testing

@testable import RiderIngest

struct IngestBufferTests {
    private func item(_ name: String, frame: Bool) throws -> IngestBuffer.Item {
        let task = NewTask(
            try TaskEnvelope(id: name, type: frame ? .visionFrame : .voiceTTS, payload: Array("{}".utf8)))
        return .init(
            topic: frame ? .frame : .speech, content: frame ? .frame(task) : .task(task), receivedAt: 0)
    }

    private func names(_ items: [IngestBuffer.Item]) -> [String] {
        items.map { item in
            switch item.content {
            case .frame(let task), .task(let task), .utterance(let task): task.envelope.id
            case .burial(_, let reason): reason
            }
        }
    }

    @Test func theOldestFrameMakesRoomForAnything() throws {
        var buffer = IngestBuffer(capacity: 3)
        #expect(buffer.append(try item("say-1", frame: false)) == nil)
        #expect(buffer.append(try item("f-1", frame: true)) == nil)
        #expect(buffer.append(try item("f-2", frame: true)) == nil)
        #expect(names([try #require(buffer.append(try item("f-3", frame: true)))]) == ["f-1"])
        #expect(names([try #require(buffer.append(try item("say-2", frame: false)))]) == ["f-2"])
        #expect(names(buffer.take()) == ["say-1", "f-3", "say-2"])
    }

    @Test func withoutFramesTheNewcomerGoes() throws {
        var buffer = IngestBuffer(capacity: 1)
        #expect(buffer.append(try item("say-1", frame: false)) == nil)
        #expect(names([try #require(buffer.append(try item("f-1", frame: true)))]) == ["f-1"])
        #expect(names([try #require(buffer.append(try item("say-2", frame: false)))]) == ["say-2"])
        #expect(names(buffer.take()) == ["say-1"])
    }

    @Test func whatIsBeingQueuedKeepsItsPlaceUntilItIsSettled() throws {
        var buffer = IngestBuffer(capacity: 2)
        _ = buffer.append(try item("say-1", frame: false))
        _ = buffer.append(try item("f-1", frame: true))
        let taken = buffer.take()
        #expect(buffer.append(try item("f-2", frame: true)) == nil)
        #expect(names([try #require(buffer.append(try item("f-3", frame: true)))]) == ["f-2"])
        buffer.settle(returning: taken.filter { !$0.isFrame })
        #expect(names(buffer.take()) == ["say-1", "f-3"])
        buffer.settle(returning: [])
        #expect(buffer.append(try item("say-2", frame: false)) == nil)
        #expect(buffer.append(try item("say-3", frame: false)) == nil)
    }

    @Test func onlyTheNewestEventOfEachSubjectIsKept() {
        var buffer = IngestBuffer(capacity: 1)
        let fallback = ProviderState(domain: .voice, mode: .pc, status: "fallback")
        let local = ProviderState(domain: .voice, mode: .local, status: "local_only")
        let vision = ProviderState(domain: .vision, mode: .pc, status: "pc_pending")
        for event in [RobotEvent.link(isUp: true), .mode(fallback), .mode(vision), .aiMode(.local), .mode(local)] {
            buffer.note(event)
        }
        #expect(buffer.takeEvents() == [.link(isUp: true), .mode(vision), .aiMode(.local), .mode(local)])
        #expect(buffer.takeEvents().isEmpty)
    }
}
