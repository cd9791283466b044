import RiderModel

extension QueueConfiguration {
    /// How long a task waits after a failed attempt: full jitter, so that tasks which failed together do not come back together.
    ///
    /// - Parameters:
    ///   - attempt: 1 for the first.
    ///   - fraction: a random number from 0 to 1.
    package func retryDelay(attempt: Int, fraction: Double) -> Duration {
        let ceiling = min(
            retryMaximum.inSeconds,
            retryBase.inSeconds * Double(sign: .plus, exponent: max(0, attempt - 1), significand: 1))
        return .milliseconds(Int64((max(0, ceiling) * min(max(fraction, 0), 1) * 1000).rounded()))
    }
}
