/// Names tasks that came without a name.
enum TaskIdentifier {
    /// `http-` and 128 random bits in hexadecimal.
    static func random() -> String { random(prefix: "http-") }

    static func random(prefix: String) -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = [generator.next(), generator.next() as UInt64].map { bits in
            let text = String(bits, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        return prefix + digits.joined()
    }
}
