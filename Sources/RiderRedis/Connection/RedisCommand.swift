/// A command and its arguments as they are sent: keys and payloads may hold anything.
struct RedisCommand: Sendable {
    /// The script to run; nil for a command that is named by its first argument.
    let script: RedisScript?
    /// For error messages: the name alone, since arguments may be secret or huge.
    let name: String
    /// Every argument in Redis' protocol: its length, and its bytes.
    private(set) var arguments: [UInt8] = []
    private(set) var count = 0

    init(_ name: String, _ arguments: String...) {
        script = nil
        self.name = name
        append(name)
        for argument in arguments { append(argument) }
    }

    /// A script's keys, and as many arguments as are appended; what names the script is known to the connection.
    init(_ script: RedisScript, keys: [String]) {
        self.script = script
        name = script.rawValue
        append(keys.count)
        for key in keys { append(key) }
    }

    /// Makes room.
    ///
    /// - Parameter count: bytes of the arguments that will follow.
    mutating func reserve(bytes count: Int, arguments: Int) {
        self.arguments.reserveCapacity(self.arguments.count + count + arguments * 8)
    }

    mutating func append(_ argument: String) {
        beginArgument(length: argument.utf8.count)
        arguments.append(contentsOf: argument.utf8)
        endLine()
    }

    mutating func append(_ argument: [UInt8]) {
        beginArgument(length: argument.count)
        arguments.append(contentsOf: argument)
        endLine()
    }

    mutating func append(_ argument: some BinaryInteger) {
        append(String(argument))
    }

    private mutating func beginArgument(length: Int) {
        count += 1
        arguments.append(UInt8(ascii: "$"))
        arguments.append(contentsOf: String(length).utf8)
        endLine()
    }

    private mutating func endLine() {
        arguments.append(UInt8(ascii: "\r"))
        arguments.append(UInt8(ascii: "\n"))
    }

    func appending(_ arguments: String...) -> RedisCommand {
        var copy = self
        for argument in arguments { copy.append(argument) }
        return copy
    }
}
