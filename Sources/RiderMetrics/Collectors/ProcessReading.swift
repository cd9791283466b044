import Glibc

/// What `/proc/self` tells about this process at one moment.
struct ProcessReading: Sendable {
    var cpuSeconds = 0.0
    var residentBytes = 0.0
    var virtualBytes = 0.0
    var threads = 0.0
    /// Unix seconds.
    var startTime = 0.0
    var openDescriptors = 0.0
    /// nil when there is no limit.
    var maxDescriptors: Double?

    /// - Returns: nil where there is no `/proc`.
    init?() {
        // The second field is the program's name in parentheses and may hold anything; the rest is numbers.
        guard let stat = Self.text(of: "/proc/self/stat"), let nameEnd = stat.lastIndex(of: UInt8(ascii: ")")) else {
            return nil
        }
        let fields = stat[(nameEnd + 1)...].split(separator: UInt8(ascii: " ")).map {
            Double(String(decoding: $0, as: UTF8.self)) ?? 0
        }
        // proc(5) counts fields from 1 and the state, field 3, comes first here.
        func field(_ number: Int) -> Double { fields.indices.contains(number - 3) ? fields[number - 3] : 0 }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        cpuSeconds = (field(14) + field(15)) / ticks
        threads = field(20)
        virtualBytes = field(23)
        residentBytes = field(24) * Double(sysconf(Int32(_SC_PAGESIZE)))
        startTime = Self.bootTime + field(22) / ticks
        openDescriptors = Self.openDescriptorCount()
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur != rlim_t.max {
            maxDescriptors = Double(limit.rlim_cur)
        }
    }

    /// Unix seconds at which the machine started, as the kernel tells it; 0 when it does not.
    private static let bootTime: Double = {
        guard let text = text(of: "/proc/stat") else { return 0 }
        for line in text.split(separator: UInt8(ascii: "\n")) where line.starts(with: "btime ".utf8) {
            return Double(String(decoding: line.dropFirst(6), as: UTF8.self)) ?? 0
        }
        return 0
    }()

    private static func openDescriptorCount() -> Double {
        guard let folder = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(folder) }
        var count = 0
        while readdir(folder) != nil { count += 1 }
        // `.`, `..` and the descriptor of the folder itself.
        return Double(max(0, count - 3))
    }

    /// A file of `/proc`, which has no size beforehand.
    private static func text(of path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count < 0 ? nil : text }
            text.append(contentsOf: chunk[..<count])
        }
    }
}
