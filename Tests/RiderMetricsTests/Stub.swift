import Testing

@testable import RiderMetrics

@Test func placeholder() {}
