import RiderModel
import Testing

@testable import RiderHTTP

struct DateHeaderTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (1_709_164_799_999, "Wed, 28 Feb 2024 23:59:59 GMT"),
        (1_709_164_800_000, "Thu, 29 Feb 2024 00:00:00 GMT"),
    ])
    func `a time is written as in the standard`(milliseconds: Int64, text: String) {
        let header = DateHeader()
        #expect(header.text(at: UnixTime(milliseconds: milliseconds)) == text)
        #expect(header.text(at: UnixTime(milliseconds: milliseconds)) == text)
    }

    @Test func `each second has its own text, also when the clock is set back`() {
        let header = DateHeader()
        let texts = [5_000, 5_999, 6_000, 4_000].map { header.text(at: UnixTime(milliseconds: $0)).suffix(6) }
        #expect(texts == ["05 GMT", "05 GMT", "06 GMT", "04 GMT"])
    }
}
