/// Finds words and phrases by the hash of their folded bytes.
///
/// A phrase is a contiguous range of a ``FoldedText``, because its words are separated by single spaces. Whole phrases and
/// stems (`kuchni*`) are kept apart: a stem is looked up with every beginning of a word, longest first.
struct PhraseTable: Sendable {
    static let seed: UInt64 = 0xcbf2_9ce4_8422_2325

    /// FNV-1a, a byte at a time, so that every beginning of a word has its hash when the word has been read once.
    static func hash(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3
    }

    private struct Slot {
        var hash: UInt64 = 0
        /// Where the bytes are in `storage`; -1 for an empty slot.
        var start: Int32 = -1
        var length: Int32 = 0
        var meaning: Int32 = 0
    }

    private var slots: [Slot]
    private var storage: [UInt8] = []
    private let mask: Int

    /// - Parameter phrases: folded bytes and the number of a meaning.
    init(_ phrases: [[UInt8]: Int]) {
        var capacity = 16
        while capacity < phrases.count * 3 { capacity *= 2 }
        mask = capacity - 1
        slots = Array(repeating: Slot(), count: capacity)
        for (bytes, meaning) in phrases {
            let hash = bytes.reduce(Self.seed, Self.hash)
            var index = Int(truncatingIfNeeded: hash >> 20) & mask
            while slots[index].start >= 0 { index = (index + 1) & mask }
            slots[index] = Slot(
                hash: hash, start: Int32(storage.count), length: Int32(bytes.count), meaning: Int32(meaning))
            storage += bytes
        }
    }

    /// - Returns: the meaning of exactly these bytes.
    func meaning(_ hash: UInt64, _ bytes: UnsafeMutableBufferPointer<UInt8>, _ range: Range<Int>) -> Int? {
        var index = Int(truncatingIfNeeded: hash >> 20) & mask
        return slots.withUnsafeBufferPointer { slots in
            while slots[index].start >= 0 {
                let slot = slots[index]
                if slot.hash == hash, Int(slot.length) == range.count, equal(slot, bytes, range) {
                    return Int(slot.meaning)
                }
                index = (index + 1) & mask
            }
            return nil
        }
    }

    private func equal(_ slot: Slot, _ bytes: UnsafeMutableBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
        storage.withUnsafeBufferPointer { storage in
            for offset in 0..<range.count
            where storage[Int(slot.start) + offset] != bytes[range.lowerBound + offset] {
                return false
            }
            return true
        }
    }
}
