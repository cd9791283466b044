import Testing

@testable import RiderIngest

@Test func placeholder() {}
