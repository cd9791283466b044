/// Stored bytes that no encoder has written.
struct DamagedBytes: Error, Hashable {
    let reason: String
}
