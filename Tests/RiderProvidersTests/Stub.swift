import Testing

@testable import RiderProviders

@Test func placeholder() {}
