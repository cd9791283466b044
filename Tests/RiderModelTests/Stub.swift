import Testing

@testable import RiderModel

@Test func placeholder() {}
