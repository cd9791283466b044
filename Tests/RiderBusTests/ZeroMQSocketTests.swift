import RiderExecution
import Testing

@testable import RiderBus

@Suite struct ZeroMQSocketTests {
    @Test func framesArriveAsTheyWereSent() throws {
        let context = try ZeroMQContext()
        let server = try ZeroMQSocket(.pair, in: context)
        try server.bind("tcp://127.0.0.1:*")
        let client = try ZeroMQSocket(.pair, in: context)
        try client.connect(server.lastEndpoint)
        #expect(try client.send([Array("topic".utf8), [], [0, 255]]) == .sent)
        #expect(try server.nextMessage() == [Array("topic".utf8), [], [0, 255]])
        #expect(try server.receive() == .nothing)
    }

    @Test func messageBeyondTheLimitsIsReadToItsEndAndRefused() throws {
        let context = try ZeroMQContext()
        let server = try ZeroMQSocket(.pair, in: context)
        try server.bind("inproc://limits")
        let client = try ZeroMQSocket(.pair, in: context)
        try client.connect("inproc://limits")
        _ = try client.send([[1, 2, 3], [4, 5, 6]])
        _ = try client.send([[1], [2], [3]])
        _ = try client.send([[7, 8]])
        #expect(try server.receive(maximumBytes: 5) == .refused(bytes: 6))
        #expect(try server.receive(maximumFrames: 2) == .refused(bytes: 3))
        #expect(try server.receive(maximumBytes: 2, maximumFrames: 1) == .message([[7, 8]]))
    }

    @Test func publisherThatMustNotDropSaysThatItIsFull() throws {
        let context = try ZeroMQContext()
        let publisher = try ZeroMQSocket(
            .extendedPublish, in: context, options: [.sendHighWaterMark(5), .refuseWhenFull])
        try publisher.bind("inproc://full")
        let subscriber = try ZeroMQSocket(
            .subscribe, in: context, options: [.receiveHighWaterMark(5), .subscribe(Array("a".utf8))])
        try subscriber.connect("inproc://full")
        #expect(try publisher.nextMessage() == [[1, UInt8(ascii: "a")]])

        var accepted = 0
        while accepted < 1000, try publisher.send([Array("a".utf8), [1]]) == .sent { accepted += 1 }
        #expect((1..<1000).contains(accepted))
        #expect(try publisher.send([Array("b".utf8), [1]]) == .sent, "nobody listens to b, so nobody is full")
        for _ in 0..<accepted { #expect(try subscriber.nextMessage() == [Array("a".utf8), [1]]) }
    }

    @Test func bindingTwiceSaysWhoIsInTheWay() throws {
        let context = try ZeroMQContext()
        let first = try ZeroMQSocket(.publish, in: context)
        try first.bind("tcp://127.0.0.1:*")
        let second = try ZeroMQSocket(.publish, in: context)
        let error = try #require(throws: ZeroMQError.self) { try second.bind(first.lastEndpoint) }
        #expect(error.operation == "bind")
        #expect(error.endpoint == first.lastEndpoint)
        #expect(error.description.contains("another program listens there"))
    }

    @Test func monitorReportsTheHandshakeAndTheEnd() throws {
        let context = try ZeroMQContext()
        var server: ZeroMQSocket? = try ZeroMQSocket(.publish, in: context)
        try server?.bind("tcp://127.0.0.1:*")
        let client = try ZeroMQSocket(.subscribe, in: context)
        let monitor = try client.startMonitor()
        try client.connect(try #require(server?.lastEndpoint))
        #expect(try monitor.nextEvent().kind == .handshakeSucceeded)
        server = nil
        #expect(try monitor.nextEvent().kind == .disconnected)
    }

    @Test func doorbellWakesThePoller() throws {
        let context = try ZeroMQContext()
        let socket = try ZeroMQSocket(.subscribe, in: context)
        let doorbell = Doorbell()
        var poller = ZeroMQPoller()
        let bell = poller.add(doorbell)
        let data = poller.add(socket)
        doorbell.ring()
        try poller.wait(milliseconds: nil)
        #expect(poller.isReadable(bell))
        #expect(!poller.isReadable(data))
        doorbell.answer()
        try poller.wait(milliseconds: 0)
        #expect(!poller.isReadable(bell))
    }

    @Test func brokenLinkEventsAreNotEvents() {
        #expect(LinkEvent(frames: []) == nil)
        #expect(LinkEvent(frames: [[0, 0, 0, 0, 0, 0], []]) == nil)
        #expect(LinkEvent(frames: [[0, 2], []]) == nil)
        #expect(
            LinkEvent(frames: [[0, 2, 7, 0, 0, 0], Array("x".utf8)])
                == LinkEvent(kind: .disconnected, value: 7, endpoint: "x"))
    }
}
