import Glibc
import RiderModel
import Synchronization

/// The time as HTTP writes it (RFC 9110, 5.6.7): `Sat, 28 Nov 2026 18:16:41 GMT`. It is written once for each second in which somebody
/// asks.
final class DateHeader: Sendable {
    private struct Written {
        var second: Int64
        var text: String
    }

    private let last = Mutex<Written?>(nil)

    func text(at time: UnixTime) -> String {
        let second = time.milliseconds / 1_000
        return last.withLock { last in
            if let last, last.second == second { return last.text }
            let text = Self.text(second)
            last = Written(second: second, text: text)
            return text
        }
    }

    private static func text(_ second: Int64) -> String {
        var seconds = time_t(second)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
            // Names of days and months are English: the program never leaves the C locale.
            let count = strftime(buffer.baseAddress, buffer.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
            return String(decoding: buffer.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
    }
}
