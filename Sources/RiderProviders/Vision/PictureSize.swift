/// The size of a picture as its own head says it: nobody else is believed.
struct PictureSize: Sendable, Hashable {
    var width: Int
    var height: Int

    /// A picture that claims to be larger is shown to no engine: it would need its memory.
    static let maximumPixels = 25_000_000

    /// Reads the head of a JPEG or PNG, without decoding.
    ///
    /// - Throws: `EngineError.payload` for anything else, a picture that is cut off, and one that is too large.
    init(_ bytes: [UInt8]) throws(EngineError) {
        let isComplete: Bool
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            guard let size = Self.jpeg(bytes) else { throw Self.fault("broken JPEG: no frame header") }
            self = size
            isComplete = bytes.reversed().drop { $0 == 0 }.prefix(2).elementsEqual([0xD9, 0xFF])
        } else if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) {
            guard bytes.count >= 33, bytes[12..<16].elementsEqual("IHDR".utf8) else {
                throw Self.fault("broken PNG: no header")
            }
            width = Self.bigEndian(bytes[16..<20])
            height = Self.bigEndian(bytes[20..<24])
            isComplete = bytes.reversed().drop { $0 == 0 }.prefix(8)
                .elementsEqual((Array("IEND".utf8) + [0xAE, 0x42, 0x60, 0x82]).reversed())
        } else {
            throw Self.fault("neither JPEG nor PNG")
        }
        guard width > 0, height > 0, width <= Self.maximumPixels, height <= Self.maximumPixels,
            width * height <= Self.maximumPixels
        else { throw Self.fault("picture of \(width) x \(height) pixels") }
        guard isComplete else { throw Self.fault("truncated picture") }
    }

    private static func fault(_ reason: String) -> EngineError { .payload("Cannot decode image: \(reason)") }

    private init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    private static func jpeg(_ bytes: [UInt8]) -> PictureSize? {
        var position = 2
        while position + 4 <= bytes.count, bytes[position] == 0xFF {
            let marker = bytes[position + 1]
            switch marker {
            case 0xFF: position += 1
            case 0x01, 0xD0...0xD8: position += 2
            case 0xD9, 0xDA: return nil
            default:
                let length = bigEndian(bytes[(position + 2)..<(position + 4)])
                guard length >= 2 else { return nil }
                if 0xC0...0xCF ~= marker, ![0xC4, 0xC8, 0xCC].contains(marker) {
                    guard position + 9 <= bytes.count else { return nil }
                    return PictureSize(
                        width: bigEndian(bytes[(position + 7)..<(position + 9)]),
                        height: bigEndian(bytes[(position + 5)..<(position + 7)]))
                }
                position += 2 + length
            }
        }
        return nil
    }

    private static func bigEndian(_ bytes: ArraySlice<UInt8>) -> Int { bytes.reduce(0) { $0 << 8 | Int($1) } }
}
