import RiderModel
import Testing

@testable import RiderQueue

struct RetryDelayTests {
    private let configuration = QueueConfiguration()

    @Test(arguments: [(1, 500), (2, 1_000), (3, 2_000), (7, 32_000), (8, 60_000), (5_000, 60_000)])
    func theCeilingDoublesUpToTheMaximum(attempt: Int, milliseconds: Int) {
        #expect(configuration.retryDelay(attempt: attempt, fraction: 1) == .milliseconds(milliseconds))
    }

    @Test func theWaitIsAnyPartOfTheCeiling() {
        #expect(configuration.retryDelay(attempt: 3, fraction: 0) == .zero)
        #expect(configuration.retryDelay(attempt: 3, fraction: 0.25) == .milliseconds(500))
        #expect(configuration.retryDelay(attempt: 3, fraction: 7) == .milliseconds(2_000))
    }
}
