/// The scripts of `Scripts/`: each is one atomic step of the queue.
enum RedisScript: String, Sendable, CaseIterable {
    case push, cycle, extend, fail, recover, look, peek, adopt, stats, list, clear, bury, pause, settle
    case pushOne = "push_one"
    case giveBack = "give_back"
    case retryDead = "retry_dead"
    case dropDead = "drop_dead"

    private var file: [UInt8] {
        switch self {
        case .push: PackageResources.push_lua
        case .cycle: PackageResources.cycle_lua
        case .extend: PackageResources.extend_lua
        case .fail: PackageResources.fail_lua
        case .recover: PackageResources.recover_lua
        case .look: PackageResources.look_lua
        case .peek: PackageResources.peek_lua
        case .adopt: PackageResources.adopt_lua
        case .stats: PackageResources.stats_lua
        case .list: PackageResources.list_lua
        case .clear: PackageResources.clear_lua
        case .bury: PackageResources.bury_lua
        case .pause: PackageResources.pause_lua
        case .settle: PackageResources.settle_lua
        case .pushOne: PackageResources.push_one_lua
        case .giveBack: PackageResources.give_back_lua
        case .retryDead: PackageResources.retry_dead_lua
        case .dropDead: PackageResources.drop_dead_lua
        }
    }

    /// The server's clock, as the scripts read it.
    static let serverClock = String(decoding: PackageResources.clock_lua, as: UTF8.self)

    /// The text for `SCRIPT LOAD`: the first line with its flags, what scripts share, the rest.
    func source(clock: String) -> String {
        let text = String(decoding: file, as: UTF8.self)
        let first = text.prefix { $0 != "\n" }
        var shared = PackageResources.layout_lua
        // Redis runs the whole text at each call.
        if self != .pushOne { shared += PackageResources.tasks_lua }
        return "\(first)\n\(clock)\n\(String(decoding: shared, as: UTF8.self))\(text.dropFirst(first.count))"
    }
}
