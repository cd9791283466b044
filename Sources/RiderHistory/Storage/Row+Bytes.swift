import FoundationEssentials
import GRDB

extension Row {
    /// Lends a blob without copying it; nothing when it is NULL.
    func withBytes<Value>(atIndex index: Int, _ body: (UnsafeRawBufferPointer) throws -> Value) throws -> Value {
        try withUnsafeData(atIndex: index) { data in
            try (data ?? Data()).withUnsafeBytes(body)
        }
    }
}
