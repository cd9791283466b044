/// A sample is a `Double`; one bit pattern of NaN, which no metric has, says that the series was not there in a round.
public enum SampleValue {
    private static let absentBits: UInt64 = 0x7FF0_0000_0000_0002

    /// The series was not there.
    public static let absent = Double(bitPattern: absentBits)

    public static func isAbsent(_ value: Double) -> Bool { value.bitPattern == absentBits }
}
