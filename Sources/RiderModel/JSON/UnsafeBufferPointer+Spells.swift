import Glibc

extension UnsafeBufferPointer<UInt8> {
    /// Whether these bytes are the ones of a name, such as a member's key. Generic comparison of sequences goes byte by byte.
    public func spells(_ name: StaticString) -> Bool {
        guard count == name.utf8CodeUnitCount, let baseAddress else { return false }
        return memcmp(baseAddress, name.utf8Start, count) == 0
    }
}
