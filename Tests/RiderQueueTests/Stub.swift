import Testing

@testable import RiderQueue

@Test func placeholder() {}
