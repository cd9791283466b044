import Foundation
import RiderModel

/// How values look for people.
enum Shown {
    /// `1,234,567`
    static func count(_ number: some BinaryInteger) -> String {
        var digits = Array(String(number.magnitude))
        var index = digits.count - 3
        while index > 0 {
            digits.insert(",", at: index)
            index -= 3
        }
        return (number < 0 ? "-" : "") + String(digits)
    }

    /// `812 B`, `1.5 KiB`, `2.0 GiB`
    static func bytes(_ number: some BinaryInteger) -> String {
        var value = Double(number)
        if value < 1024 { return "\(number) B" }
        for unit in ["KiB", "MiB", "GiB"] {
            value /= 1024
            if value < 1024 || unit == "GiB" { return String(format: "%.1f ", value) + unit }
        }
        return "\(number) B"
    }

    /// `12 ms`, `3.4 s`, `5 m 10 s`, `2 h 3 m`, `4 d 1 h`
    static func duration(_ duration: Duration) -> String {
        let milliseconds = max(0, duration.wholeMilliseconds)
        let seconds = milliseconds / 1000
        switch seconds {
        case 0: return "\(milliseconds) ms"
        case ..<60: return String(format: "%.1f s", Double(milliseconds) / 1000)
        case ..<3600: return "\(seconds / 60) m \(seconds % 60) s"
        case ..<86_400: return "\(seconds / 3600) h \(seconds % 3600 / 60) m"
        default: return "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h"
        }
    }

    /// `2026-11-24 10:00:00.123`, UTC.
    static func time(_ time: UnixTime) -> String {
        let date = Date(timeIntervalSince1970: Double(time.milliseconds) / 1000)
        let parts = Calendar.utc.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
        return String(
            format: "%04d-%02d-%02d %02d:%02d:%02d.%03d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0,
            parts.hour ?? 0, parts.minute ?? 0, parts.second ?? 0, Int((time.milliseconds % 1000 + 1000) % 1000))
    }

    /// Foreign text on one line: no control characters, at most `limit` characters.
    static func line(_ text: some StringProtocol, limit: Int) -> String {
        let visible = text.unicodeScalars.lazy.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }
        let head = String(String.UnicodeScalarView(visible.prefix(limit)))
        return text.unicodeScalars.count > limit ? head + "…" : head
    }
}

extension Calendar {
    fileprivate static let utc: Calendar = {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        return calendar
    }()
}
