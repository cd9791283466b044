/// A command and its arguments, as bytes in one buffer: keys and payloads may hold anything.
struct RedisCommand: Sendable {
    /// The script to run; nil for a command that is named by its first argument.
    private(set) var script: RedisScript?
    private(set) var bytes: [UInt8] = []
    /// Where each argument ends in ``bytes``.
    private(set) var ends: [Int] = []
    /// How many of the first arguments are keys; for scripts.
    private(set) var keyCount = 0

    init(_ arguments: String...) {
        for argument in arguments { append(argument) }
    }

    init(_ script: RedisScript, keys: [String]) {
        self.script = script
        keyCount = keys.count
        for key in keys { append(key) }
    }

    mutating func reserve(bytes count: Int, arguments: Int) {
        bytes.reserveCapacity(bytes.count + count)
        ends.reserveCapacity(ends.count + arguments)
    }

    mutating func append(_ argument: String) {
        bytes.append(contentsOf: argument.utf8)
        ends.append(bytes.count)
    }

    mutating func append(_ argument: [UInt8]) {
        bytes.append(contentsOf: argument)
        ends.append(bytes.count)
    }

    mutating func append(_ argument: some BinaryInteger) {
        append(String(argument))
    }

    func appending(_ arguments: String...) -> RedisCommand {
        var copy = self
        for argument in arguments { copy.append(argument) }
        return copy
    }

    /// For error messages: the name alone, since arguments may be secret or huge.
    var name: String {
        if let script { return script.rawValue }
        return String(decoding: bytes.prefix(ends.first ?? 0), as: UTF8.self)
    }
}
