import CZlib

/// Compresses bytes into one gzip member.
public final class GzipStream {
    /// zlib could not begin, for want of memory.
    public struct Failure: Error, CustomStringConvertible {
        public let code: Int32
        public var description: String { "zlib failed with code \(code)" }
    }

    /// zlib keeps a pointer to it: it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private static let chunkBytes = 1 << 16
    /// zlib's own balance of speed and size.
    private static let level: Int32 = 6

    public init() throws(Failure) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        let code = rider_gzip_begin(stream, Self.level)
        guard code == Z_OK else {
            stream.deallocate()
            throw Failure(code: code)
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// - Returns: compressed bytes that are ready; maybe none yet.
    public func compress(_ bytes: [UInt8]) -> [UInt8] { deflate(bytes, Z_NO_FLUSH) }

    /// - Returns: the rest. Nothing can be compressed behind it.
    public func finish() -> [UInt8] { deflate([], Z_FINISH) }

    private func deflate(_ bytes: [UInt8], _ flush: Int32) -> [UInt8] {
        var bytes = bytes
        var compressed: [UInt8] = []
        bytes.withUnsafeMutableBufferPointer { input in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(input.count)
            withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.chunkBytes) { output in
                repeat {
                    stream.pointee.next_out = output.baseAddress
                    stream.pointee.avail_out = UInt32(output.count)
                    _ = CZlib.deflate(stream, flush)
                    compressed += output[..<(output.count - Int(stream.pointee.avail_out))]
                } while stream.pointee.avail_out == 0
            }
        }
        return compressed
    }
}
