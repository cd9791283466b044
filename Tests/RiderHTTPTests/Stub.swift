import Testing

@testable import RiderHTTP

@Test func placeholder() {}
