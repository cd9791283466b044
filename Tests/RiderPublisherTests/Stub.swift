import Testing

@testable import RiderPublisher

@Test func placeholder() {}
