import Testing

@testable import RiderBus

@Suite struct BusSubscriberTests {
    private enum Event: Sendable, Hashable {
        case link(Bool)
        case message([[UInt8]])
        case refused(Int)
    }

    /// Runs a subscriber of `topics` and hands its events to `body`.
    private func withSubscriber(
        of endpoint: String, in context: ZeroMQContext, topics: [String], maxMessageBytes: Int = 1000,
        _ body: (inout AsyncStream<Event>.Iterator) async throws -> Void
    ) async throws {
        let subscriber = BusSubscriber(
            context: context, endpoint: try Endpoint(parsing: endpoint), topics: topics,
            maxMessageBytes: maxMessageBytes)
        let (events, sink) = AsyncStream.makeStream(of: Event.self)
        try await withThrowingTaskGroup { group in
            group.addTask {
                try await subscriber.run(
                    onMessage: { sink.yield(.message($0)) }, onLink: { sink.yield(.link($0)) },
                    onRefused: { sink.yield(.refused($0)) })
                sink.finish()
            }
            var iterator = events.makeAsyncIterator()
            try await body(&iterator)
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func publisher(in context: ZeroMQContext, at address: String = "tcp://127.0.0.1:*") throws -> ZeroMQSocket {
        let socket = try ZeroMQSocket(.extendedPublish, in: context, options: [.reportEverySubscription])
        try socket.bind(address)
        return socket
    }

    @Test func messagesOfTheTopicsArriveAndHostileOnesCostOnlyThemselves() async throws {
        let context = try ZeroMQContext()
        let publisher = try publisher(in: context)
        try await withSubscriber(of: publisher.lastEndpoint, in: context, topics: ["a"]) { events in
            #expect(await events.next() == .link(true))
            _ = try publisher.nextMessage()
            _ = try publisher.send([Array("b".utf8), [0]])
            _ = try publisher.send([Array("a".utf8), [UInt8](repeating: 0, count: 2000)])
            _ = try publisher.send([Array("a".utf8)] + Array(repeating: [], count: 40))
            _ = try publisher.send([Array("a".utf8)])
            _ = try publisher.send([Array("a1".utf8), [1, 2]])
            #expect(await events.next() == .refused(2001))
            #expect(await events.next() == .refused(1))
            #expect(await events.next() == .message([Array("a".utf8)]))
            #expect(await events.next() == .message([Array("a1".utf8), [1, 2]]))
        }
    }

    @Test func subscriberComesBackAfterThePeerWasAway() async throws {
        let context = try ZeroMQContext()
        var first: ZeroMQSocket? = try publisher(in: context)
        let address = try #require(first?.lastEndpoint)
        try await withSubscriber(of: address, in: context, topics: [""]) { events in
            #expect(await events.next() == .link(true))
            first = nil
            #expect(await events.next() == .link(false))
            let second = try publisher(in: context, at: address)
            #expect(await events.next() == .link(true))
            _ = try second.nextMessage()
            _ = try second.send([[7]])
            #expect(await events.next() == .message([[7]]))
        }
    }

    @Test func cancellationEndsItWhilePeersAreAway() async throws {
        let context = try ZeroMQContext()
        try await withSubscriber(of: "tcp://127.0.0.1:1", in: context, topics: [""]) { _ in }
    }

    @Test func addressThatIsTakenIsAnErrorOfRun() async throws {
        let context = try ZeroMQContext()
        let taken = try publisher(in: context)
        let port = try Endpoint(parsing: taken.lastEndpoint).port
        let subscriber = BusSubscriber(context: context, endpoint: .bind("127.0.0.1", port: port), topics: [""])
        await #expect(throws: ZeroMQError.self) {
            try await subscriber.run(onMessage: { _ in }, onLink: { _ in })
        }
    }
}
