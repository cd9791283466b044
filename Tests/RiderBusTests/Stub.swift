import Testing

@testable import RiderBus

@Test func placeholder() {}
