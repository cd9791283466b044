import RiderModel
import Testing

@testable import RiderRedis

struct QueueElementTests {
    @Test func anElementIsReadAsTheScriptsWriteIt() throws {
        let element = try #require(QueueElement(Array("12 3 x 1800000000000 1800000005000 77 10 text.nlu a b ą".utf8)))
        #expect(element.position == 12 && element.attempts == 3 && element.state == .expired)
        #expect(element.enqueuedAt == UnixTime(milliseconds: 1_800_000_000_000))
        #expect(element.deadline == UnixTime(milliseconds: 1_800_000_005_000))
        #expect(element.bytes == 77 && element.priority.rawValue == 10)
        #expect(element.type == "text.nlu" && element.id == "a b ą")
        #expect(element.lease == ClaimedTask.Lease(position: 12, attempt: 3))
    }

    @Test func aDeadlineOfZeroIsNone() throws {
        #expect(try #require(QueueElement(Array("1 0 w 5 0 0 1 text.nlu a".utf8))).deadline == nil)
    }

    @Test(arguments: [
        "", " ", "1", "1 0 w 5 0 0 1 text.nlu", "x 0 w 5 0 0 1 text.nlu a", "1 0 q 5 0 0 1 text.nlu a",
        "1 0 w 5 0 0 11 text.nlu a", "1  w 5 0 0 1 text.nlu a", "-1 0 w 5 0 0 1 text.nlu a",
        "99999999999999999999 0 w 5 0 0 1 text.nlu a", "1 0 ww 5 0 0 1 text.nlu a",
    ])
    func whatIsNoElementIsRefused(_ text: String) {
        #expect(QueueElement(Array(text.utf8)) == nil)
    }
}
