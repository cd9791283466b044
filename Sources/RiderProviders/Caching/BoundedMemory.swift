import RiderModel

/// Remembers values: the most recently used ones, for a limited time and within a limited size.
///
/// A pure value: whoever owns it brings the time and serialises the calls. Every step takes constant time.
struct BoundedMemory<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Node: Sendable {
        var key: Key
        var value: Value
        var expiresAt: UInt64
        var bytes: Int
        /// Towards the more recently used; -1 at the end.
        var newer: Int
        var older: Int
    }

    let maximumCount: Int
    let maximumBytes: Int
    private let lifetime: UInt64
    private var nodes: [Node?] = []
    private var vacant: [Int] = []
    private var places: [Key: Int] = [:]
    private var newest = -1
    private var oldest = -1
    /// Of everything remembered, as their owner counts.
    private(set) var bytes = 0

    /// - Parameters:
    ///   - lifetime: a value is forgotten this long after it was remembered.
    ///   - maximumCount: 0 remembers nothing.
    init(lifetime: Duration, maximumCount: Int, maximumBytes: Int) {
        self.lifetime = UInt64(min(1e10, max(0, lifetime.inSeconds)) * 1e9)
        self.maximumCount = max(0, maximumCount)
        self.maximumBytes = max(0, maximumBytes)
    }

    var count: Int { places.count }

    /// - Parameter now: monotonic nanoseconds.
    mutating func value(for key: Key, at now: UInt64) -> Value? {
        guard let place = places[key], let node = nodes[place] else { return nil }
        if now >= node.expiresAt {
            remove(place)
            return nil
        }
        unlink(place)
        link(place)
        return node.value
    }

    /// - Parameters:
    ///   - size: what it counts for, in bytes.
    ///   - now: monotonic nanoseconds.
    mutating func remember(_ value: Value, for key: Key, bytes size: Int, at now: UInt64) {
        if let place = places[key] { remove(place) }
        guard maximumCount > 0, size <= maximumBytes else { return }
        while count >= maximumCount || bytes + size > maximumBytes { remove(oldest) }
        let node = Node(
            key: key, value: value, expiresAt: now &+ lifetime, bytes: size, newer: -1, older: -1)
        let place: Int
        if let free = vacant.popLast() {
            place = free
            nodes[place] = node
        } else {
            place = nodes.count
            nodes.append(node)
        }
        places[key] = place
        bytes += size
        link(place)
    }

    private mutating func remove(_ place: Int) {
        unlink(place)
        guard let node = nodes[place] else { return }
        places[node.key] = nil
        bytes -= node.bytes
        nodes[place] = nil
        vacant.append(place)
    }

    private mutating func link(_ place: Int) {
        nodes[place]?.newer = -1
        nodes[place]?.older = newest
        if newest >= 0 { nodes[newest]?.newer = place } else { oldest = place }
        newest = place
    }

    private mutating func unlink(_ place: Int) {
        guard let node = nodes[place] else { return }
        if node.newer >= 0 { nodes[node.newer]?.older = node.older } else { newest = node.older }
        if node.older >= 0 { nodes[node.older]?.newer = node.newer } else { oldest = node.newer }
    }
}
