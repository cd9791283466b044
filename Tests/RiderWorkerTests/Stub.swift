import Testing

@testable import RiderWorker

@Test func placeholder() {}
