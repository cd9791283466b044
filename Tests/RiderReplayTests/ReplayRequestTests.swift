import RiderModel
import Testing

@testable import RiderReplay

@Suite struct ReplayRequestTests {
    @Test func aRequestTravelsAsJSON() throws {
        var request = ReplayRequest()
        request.since = .lastOutage
        request.until = .sequence(9)
        request.topics = [.voice, .text]
        request.status = .failed
        request.taskID = "t"
        request.onlyUndelivered = true
        request.maxAge = .seconds(90)
        request.rate = .perSecond(200)
        request.endpoint = "bind://127.0.0.1:5600"
        request.topicPrefix = try #require(ReplayTopicPrefix("replay."))
        request.wait = .milliseconds(1500)
        request.isWatched = true
        #expect(try ReplayRequest(json: JSONValue(parsing: request.json.encoded)) == request)
    }

    @Test(arguments: [
        #"{"sinse":"2h"}"#, #"{"since":"yesterday"}"#, #"{"topics":["vision.obstacle.enhanced"]}"#, #"{"topics":[]}"#,
        #"{"rate":"fast"}"#, #"{"topic_prefix":"vision.obstacle.enhanced"}"#, #"{"wait_seconds":-1}"#,
        #"{"watched":1}"#, "[]",
    ]) func whatIsNotUnderstoodIsRefusedAsAWhole(text: String) throws {
        let json = try JSONValue(parsing: Array(text.utf8))
        #expect(throws: ReplayRequestError.self) { try ReplayRequest(json: json) }
    }

    /// A listener gets every topic that begins with what it has subscribed to.
    @Test func noTopicPrefixReachesASubscriberOfARobotTopic() {
        for topic in RobotTopic.allCases {
            for length in 1...topic.name.count {
                #expect(ReplayTopicPrefix(String(topic.name.prefix(length))) == nil)
            }
            #expect(ReplayTopicPrefix(topic.name + ".") == nil)
        }
        #expect(ReplayTopicPrefix("replay.robot-7/") != nil)
        #expect(ReplayTopicPrefix("replay topics") == nil)
        #expect(ReplayTopicPrefix(String(repeating: "replay", count: 20)) == nil)
    }

    @Test func progressTravelsAsJSON() throws {
        var progress = ReplayProgress(run: 7, phase: .interrupted)
        progress.selected = 100
        progress.sent = 60
        progress.confirmed = 50
        progress.uncertain = 10
        progress.rate = 12.5
        progress.remaining = .milliseconds(3200)
        progress.elapsed = .milliseconds(4100)
        progress.confirms = true
        progress.problem = "why"
        progress.version = 9
        #expect(ReplayProgress(json: try JSONValue(parsing: progress.json.encoded)) == progress)
    }
}
