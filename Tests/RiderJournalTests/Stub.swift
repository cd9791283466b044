import Testing

@testable import RiderJournal

@Test func placeholder() {}
