import Testing

@testable import RiderConfiguration

@Test func placeholder() {}
