import Glibc
import RiderModel

/// Changes the sample rate by a rational factor with a linear-phase low-pass filter: a windowed sinc in polyphase form.
///
/// From 22050 to 16000 Hz the factor is 320/441. Each output sample lies at one of 320 positions between two input
/// samples, and each position has its own 48 coefficients: no sample is computed that is not used. The filter passes up to
/// 0.9 of the lower Nyquist frequency (7.2 kHz at 16 kHz); a Kaiser window (beta 8) keeps aliases about 80 dB down.
enum Resampler {
    private static let taps = 48
    private static let beta = 8.0
    /// More positions than this would be a table of megabytes; no pair of usual rates comes near.
    private static let maximumPhases = 4096

    /// - Throws: `EngineError.failed` for a pair of rates without a small ratio, `CancellationError` between blocks.
    static func convert(_ wave: WaveFile, to rate: Int) throws -> WaveFile {
        if wave.sampleRate == rate { return wave }
        let divisor = greatestCommonDivisor(wave.sampleRate, rate)
        let up = rate / divisor
        let down = wave.sampleRate / divisor
        guard up > 0, up <= maximumPhases else {
            throw EngineError.failed("no conversion from \(wave.sampleRate) to \(rate) samples a second")
        }
        let filter = coefficients(up: up, down: down)
        let count = wave.samples.count * up / down
        var output = [Int16](repeating: 0, count: count)
        // A long speech takes a tenth of a second: look up now and then whether anybody still wants it.
        let block = 65_536
        for start in stride(from: 0, to: count, by: block) {
            try Task.checkCancellation()
            convert(wave.samples, into: &output, from: start..<min(count, start + block), filter, up: up, down: down)
        }
        return WaveFile(sampleRate: rate, samples: output)
    }

    private static func convert(
        _ input: [Int16], into output: inout [Int16], from range: Range<Int>, _ filter: [Float], up: Int, down: Int
    ) {
        input.withUnsafeBufferPointer { input in
            filter.withUnsafeBufferPointer { filter in
                output.withUnsafeMutableBufferPointer { output in
                    for index in range {
                        let position = index * down
                        let first = position / up - taps / 2 + 1
                        let phase = (position % up) * taps
                        var sum: Float = 0
                        for tap in max(0, -first)..<max(max(0, -first), min(taps, input.count - first)) {
                            sum += filter[phase + tap] * Float(input[first + tap])
                        }
                        output[index] = Int16(max(-32_768, min(32_767, sum.rounded())))
                    }
                }
            }
        }
    }

    /// Coefficients of all positions in a row. Those of one position sum to 1, so that silence and level stay what they are.
    private static func coefficients(up: Int, down: Int) -> [Float] {
        let cutoff = 0.9 * min(1, Double(up) / Double(down))
        let half = Double(taps / 2)
        var filter: [Float] = []
        filter.reserveCapacity(up * taps)
        for phase in 0..<up {
            let fraction = Double(phase) / Double(up)
            let row = (0..<taps).map { tap in
                let distance = Double(tap - taps / 2 + 1) - fraction
                let x = distance * cutoff * .pi
                let sinc = x == 0 ? 1 : sin(x) / x
                let ratio = distance / half
                let window = bessel(beta * max(0, 1 - ratio * ratio).squareRoot()) / bessel(beta)
                return sinc * window
            }
            let sum = row.reduce(0, +)
            filter += row.map { Float($0 / sum) }
        }
        return filter
    }

    /// The modified Bessel function of the first kind and order zero, by its series.
    private static func bessel(_ x: Double) -> Double {
        var term = 1.0
        var sum = 1.0
        for index in 1...40 {
            term *= (x / 2 / Double(index)) * (x / 2 / Double(index))
            sum += term
        }
        return sum
    }

    private static func greatestCommonDivisor(_ left: Int, _ right: Int) -> Int {
        right == 0 ? left : greatestCommonDivisor(right, left % right)
    }
}
