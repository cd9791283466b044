import Glibc
import RiderModel
import Synchronization

/// A worker's note of what it is at, which outlives its sudden end: a small file mapped into memory, so that noting costs a store to
/// memory and no system call.
///
/// A task that kills its worker again and again must run out of attempts, while the tasks that the worker had merely claimed must not.
/// After a power cut the note may be old; then a few attempts are counted wrongly, and nothing else.
public final class StartedTasks: Sendable {
    /// The file could not be used.
    public struct Failure: Error, Sendable, CustomStringConvertible {
        public let description: String
    }

    /// What the earlier worker was at when it ended; nil when there was no note.
    public let leftBehind: Set<ClaimedTask.Lease>?
    private let places: Int
    private let memory: Memory
    private let free: Mutex<[Int]>

    /// Opens the file, and makes it (mode 0600) when it is missing.
    ///
    /// - Parameter places: tasks that run at the same time at most.
    public init(path: String, places: Int) throws(Failure) {
        self.places = max(1, places)
        free = Mutex(Array((0..<self.places).reversed()))
        (memory, leftBehind) = try Self.open(path, places: self.places)
    }

    /// Notes that a task begins.
    ///
    /// - Returns: its place, to be given back to ``end(_:)``; nil when all are taken.
    func begin(_ lease: ClaimedTask.Lease) -> Int? {
        guard let place = free.withLock({ $0.popLast() }) else { return nil }
        memory.words[place] = Self.word(of: lease)
        return place
    }

    func end(_ place: Int?) {
        guard let place else { return }
        memory.words[place] = 0
        free.withLock { $0.append(place) }
    }

    // MARK: - The file

    /// A lease in one word, so that it is written as a whole: 16 bits of the attempt above 48 of the position.
    private static func word(of lease: ClaimedTask.Lease) -> UInt64 {
        UInt64(truncatingIfNeeded: lease.attempt) << 48 | UInt64(truncatingIfNeeded: lease.position) & 0xFFFF_FFFF_FFFF
    }

    private static func lease(of word: UInt64) -> ClaimedTask.Lease {
        .init(position: Int64(word & 0xFFFF_FFFF_FFFF), attempt: Int(word >> 48))
    }

    private static func open(
        _ path: String, places: Int
    ) throws(Failure) -> (memory: Memory, leftBehind: Set<ClaimedTask.Lease>?) {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        var old = [UInt64](repeating: 0, count: 4096)
        let count = old.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        guard count >= 0 else { throw failure("read", path) }
        let words = old.prefix(count / MemoryLayout<UInt64>.size).filter { $0 != 0 }

        let size = places * MemoryLayout<UInt64>.size
        // Cut to nothing and grown again it is all zeroes.
        guard ftruncate(descriptor, 0) == 0, ftruncate(descriptor, off_t(size)) == 0 else {
            throw failure("resize", path)
        }
        let address = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
        guard let address, address != MAP_FAILED else { throw failure("map", path) }
        return (Memory(address, places: places), count > 0 ? Set(words.map(lease(of:))) : nil)
    }

    private static func failure(_ action: String, _ path: String) -> Failure {
        Failure(description: "cannot \(action) \(path): \(String(cString: strerror(errno)))")
    }

    /// `@unchecked Sendable`: a place is written only by the task that has taken it out of `free`.
    private final class Memory: @unchecked Sendable {
        let words: UnsafeMutableBufferPointer<UInt64>

        init(_ address: UnsafeMutableRawPointer, places: Int) {
            words = .init(start: address.bindMemory(to: UInt64.self, capacity: places), count: places)
        }

        deinit {
            munmap(words.baseAddress, words.count * MemoryLayout<UInt64>.size)
        }
    }
}
