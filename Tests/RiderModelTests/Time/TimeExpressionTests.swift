import Foundation
import RiderModel
import Testing

struct TimeExpressionTests {
    static let now = UnixTime(milliseconds: 1_763_035_200_000)

    /// Two hours east of Greenwich.
    static let east = TimeZoneRules { _ in 7200 }

    private func time(_ text: String, zone: TimeZoneRules = .utc) throws -> UnixTime {
        try TimeExpression(parsing: text, zone: zone).resolved(now: Self.now)
    }

    @Test(arguments: [
        ("now", 0), ("250ms", 250), ("90s", 90_000), ("5m", 300_000), ("2h", 7_200_000), ("3d", 259_200_000),
        ("1.5h", 5_400_000), ("0s", 0), ("0.0005s", 1),
    ])
    func aSpanReachesBackFromNow(text: String, milliseconds: Int64) throws {
        #expect(try time(text) == UnixTime(milliseconds: Self.now.milliseconds - milliseconds))
    }

    @Test(arguments: [
        ("1763035200", 1_763_035_200_000), ("1763035200.125", 1_763_035_200_125), ("0", 0),
        ("2026-11-24T10:00:00Z", 1_795_514_400_000), ("2026-11-24T10:00:00.25Z", 1_795_514_400_250),
        ("2026-11-24T12:00:00+02:00", 1_795_514_400_000), ("2026-11-24T05:30:00-0430", 1_795_514_400_000),
        ("2026-11-24T10:00Z", 1_795_514_400_000), ("1969-12-31T23:59:59Z", -1000),
        ("2024-02-29T00:00:00z", 1_709_164_800_000),
    ])
    func aMomentIsMeantWhereverOneIs(text: String, milliseconds: Int64) throws {
        #expect(try time(text).milliseconds == milliseconds)
        #expect(try time(text, zone: Self.east).milliseconds == milliseconds)
    }

    @Test func datesAndTimesWithoutAZoneAreLocal() throws {
        #expect(try time("2026-11-24") == time("2026-11-24T00:00:00Z"))
        #expect(try time("2026-11-24", zone: Self.east) == time("2026-11-23T22:00:00Z"))
        #expect(try time("2026-11-24T10:00:00", zone: Self.east) == time("2026-11-24T08:00:00Z"))
    }

    @Test(arguments: [
        "", " ", "2", "90", "-5m", "+5m", "5 m", "m", "5x", "2hh", "1e3s", "infs", "nan", "99999999999999d",
        "2026-13-01",
        "2026-02-29", "2026-11-24T24:00:00Z", "2026-11-24T10:60:00Z", "2026-11-24T10:00:00+25:00", "2026-11-24 10:00",
        "24-11-2026", "2026-11-24T", "2026-1-2", "yesterday", "1763035200000", "-1763035200", "1.2.3", "٣d",
        "last-outage",
    ])
    func anythingElseIsRefusedWithAWayOut(text: String) {
        let error = #expect(throws: TimeExpressionError.self) { try TimeExpression(parsing: text, zone: .utc) }
        #expect(error?.description.contains("2026-11-24T10:00:00Z") == true)
    }

    @Test func aForgottenUnitAndMillisecondsAreNamed() throws {
        #expect(throws: TimeExpressionError.self) { try time("90") }
        do { _ = try time("90") } catch { #expect("\(error)".contains("90s")) }
        do { _ = try time("1763035200000") } catch { #expect("\(error)".contains("milliseconds")) }
    }

    @Test func replaysAlsoBeginAtAnOutageOrANumber() throws {
        #expect(try ReplayPoint(parsing: "last-outage") == .lastOutage)
        #expect(try ReplayPoint(parsing: "seq:42") == .sequence(42))
        #expect(try ReplayPoint(parsing: "2h") == .time(.ago(.seconds(7200))))
        for text in ["seq:", "seq:0", "seq:-1", "seq:+1", "seq:x", "seq:99999999999999999999", "outage"] {
            #expect(throws: TimeExpressionError.self) { try ReplayPoint(parsing: text) }
        }
    }

    // MARK: - Zones

    /// Clocks of a place that are put from `before` to `after` at a moment.
    private func changing(at moment: String, from before: Int, to after: Int) throws -> TimeZoneRules {
        let moment = try time(moment)
        return TimeZoneRules { $0 < moment ? before : after }
    }

    @Test func midnightIsRightOnDaysOnWhichClocksAreChanged() throws {
        // Warsaw: 2026-10-25 at 01:00 UTC back to winter time, 2026-03-29 at 01:00 UTC forward.
        let autumn = try changing(at: "2026-10-25T01:00:00Z", from: 7200, to: 3600)
        #expect(try time("2026-10-25", zone: autumn) == time("2026-10-24T22:00:00Z"))
        #expect(try time("2026-10-26", zone: autumn) == time("2026-10-25T23:00:00Z"))
        let spring = try changing(at: "2026-03-29T01:00:00Z", from: 3600, to: 7200)
        #expect(try time("2026-03-29", zone: spring) == time("2026-03-28T23:00:00Z"))
        #expect(try time("2026-03-30", zone: spring) == time("2026-03-29T22:00:00Z"))
    }

    @Test func aMidnightThatDoesNotExistIsTheFirstMomentOfTheDay() throws {
        // Clocks go from 24:00 straight to 01:00.
        let zone = try changing(at: "2026-03-28T22:00:00Z", from: 7200, to: 10_800)
        #expect(try time("2026-03-29", zone: zone) == time("2026-03-28T22:00:00Z"))
    }

    @Test func aTimeThatComesTwiceIsTheFirst() throws {
        let zone = try changing(at: "2026-10-25T01:00:00Z", from: 7200, to: 3600)
        #expect(try time("2026-10-25T02:30:00", zone: zone) == time("2026-10-25T00:30:00Z"))
    }

    @Test func thisMachinesZoneAgreesWithFoundation() {
        for seconds in stride(from: 0, to: 2_000_000_000, by: 12_345_678) {
            let expected = TimeZone.current.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
            #expect(TimeZoneRules.local.offset(UnixTime(seconds: Double(seconds))) == expected)
        }
    }

    @Test func theCalendarAgreesWithFoundation() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        // Every 11 hours and some from 1890 to 2110, and all ends of Februaries in between.
        for seconds in stride(from: -2_524_521_600.0, to: 4_417_977_600.0, by: 4_000_123) {
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: seconds))
            let civil = CivilTime(utc: UnixTime(seconds: seconds))
            #expect([civil.year, civil.month, civil.day] == [parts.year, parts.month, parts.day])
            #expect([civil.hour, civil.minute, civil.second] == [parts.hour, parts.minute, parts.second])
            #expect(civil.asUTC == UnixTime(seconds: seconds))
        }
        for year in [1900, 1999, 2000, 2023, 2024, 2100] {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            #expect((CivilTime(year: year, month: 2, day: 29) != nil) == isLeap)
        }
    }

    @Test func arithmeticStopsAtTheEnds() {
        let last = UnixTime(milliseconds: .max)
        let first = UnixTime(milliseconds: .min)
        #expect(last + .seconds(1) == last)
        #expect(first - .seconds(1) == first)
        #expect(Self.now + .seconds(Int64.max) == last)
        #expect(Self.now - .seconds(Int64.max) < Self.now)
        #expect(last - first == .milliseconds(Int64.max))
        #expect(UnixTime(seconds: .infinity) == last)
        #expect(UnixTime(seconds: .nan).milliseconds == 0)
        #expect(Duration.seconds(Int64.max).wholeMilliseconds == .max)
        #expect(Duration.milliseconds(-1500).wholeMilliseconds == -1500)
    }

    // MARK: - For people

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (1_048_575, "1 MiB"), (-2048, "-2 KiB"),
        (2_147_483_648, "2 GiB"), (Int64.max, "8 EiB"),
    ])
    func bytesAreShownInTheirUnit(count: Int64, text: String) {
        #expect(HumanText.bytes(count) == text)
    }

    @Test(arguments: [
        (0, "0 ms"), (999, "999 ms"), (1000, "1 s"), (1500, "1.5 s"), (59_949, "59.9 s"), (59_999, "1 min"),
        (61_000, "1 min 1 s"), (3_600_000, "1 h"), (7_380_000, "2 h 3 min"), (3_605_000, "1 h"),
        (90_000_000, "1 d 1 h"),
        (-1500, "-1.5 s"),
    ])
    func spansAreShownInTheirTwoLargestUnits(milliseconds: Int64, text: String) {
        #expect(HumanText.duration(.milliseconds(milliseconds)) == text)
    }

    @Test func timesAreShownLocallyAndWrittenInUTC() throws {
        let moment = UnixTime(milliseconds: 1_795_514_400_125)
        #expect(HumanText.time(moment, zone: Self.east) == "2026-11-24 12:00:00")
        #expect(HumanText.iso8601(moment) == "2026-11-24T10:00:00.125Z")
        #expect(try time(HumanText.iso8601(moment)) == moment)
    }

    @Test(arguments: [
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (784_111_777_000, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (1_709_164_799_999, "Wed, 28 Feb 2024 23:59:59 GMT"),
        (1_709_164_800_000, "Thu, 29 Feb 2024 00:00:00 GMT"),
    ])
    func datesOfHTTPAreWrittenAsInTheStandard(milliseconds: Int64, text: String) {
        #expect(HumanText.httpDate(UnixTime(milliseconds: milliseconds)) == text)
    }
}
