import Foundation
import RiderModel
import Subprocess
import Testing

/// Programs and pictures that tests of vision need.
enum Pictures {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()

    static let hasOpenCV =
        FileManager.default.fileExists(atPath: "/usr/lib/python3/dist-packages/cv2")
        || !((try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/python3/dist-packages")) ?? [])
            .filter { $0.hasPrefix("cv2.") }.isEmpty

    /// Where `tools/setup tests` puts the pictures of Debian's opencv-doc, or where the package itself does.
    static let samples: URL? = [
        folder.deletingLastPathComponent().deletingLastPathComponent().appending(path: ".build/samples"),
        URL(filePath: "/usr/share/doc/opencv-doc/examples/data"),
    ].first { FileManager.default.fileExists(atPath: $0.appending(path: "vtest.avi").path()) }

    static func sample(_ name: String) throws -> JSONValue {
        try base64(Array(Data(contentsOf: try #require(samples).appending(path: name))))
    }

    /// A frame of the film of pedestrians.
    static func pedestrians(_ number: Int) async throws -> JSONValue {
        let film = try #require(samples).appending(path: "vtest.avi").path()
        return try await base64(run("sample_frame.py", [film, String(number)]))
    }

    /// Writes a model of known answers; see `tiny_yolo.py`.
    static func writeTinyModel(to path: String, _ options: String...) async throws {
        _ = try await run("tiny_yolo.py", [path] + options)
    }

    static func base64(_ bytes: [UInt8]) -> JSONValue { .string(Data(bytes).base64EncodedString()) }

    /// Runs Debian's Python, which has Debian's OpenCV.
    static func run(_ script: String, _ arguments: [String]) async throws -> [UInt8] {
        let result = try await Subprocess.run(
            .name("env"), arguments: .init(["/usr/bin/python3", folder.appending(path: script).path()] + arguments),
            output: .bytes(limit: 8 << 20), error: .string(limit: 4096))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
        return result.standardOutput
    }

    /// A picture of one colour with squares of others, as a PNG that is written by hand.
    static func drawing(
        width: Int, height: Int, squares: [(red: UInt8, green: UInt8, blue: UInt8, x: Range<Int>, y: Range<Int>)]
    ) -> JSONValue {
        var rows: [UInt8] = []
        for row in 0..<height {
            rows.append(0)
            for column in 0..<width {
                let square = squares.first { $0.x.contains(column) && $0.y.contains(row) }
                rows += square.map { [$0.red, $0.green, $0.blue] } ?? [128, 128, 128]
            }
        }
        return base64(PNG.encode(width: width, height: height, rows: rows))
    }
}

/// Just enough PNG: one image chunk without compression.
private enum PNG {
    static func encode(width: Int, height: Int, rows: [UInt8]) -> [UInt8] {
        var header = bigEndian(UInt32(width)) + bigEndian(UInt32(height))
        header += [8, 2, 0, 0, 0]
        var stream: [UInt8] = [0x78, 0x01]
        var rest = rows[...]
        repeat {
            let block = rest.prefix(65_535)
            rest = rest.dropFirst(block.count)
            let length = UInt16(block.count)
            stream += [rest.isEmpty ? 1 : 0, UInt8(length & 0xFF), UInt8(length >> 8)]
            stream += [UInt8(~length & 0xFF), UInt8(~length >> 8)]
            stream += block
        } while !rest.isEmpty
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in rows {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        stream += bigEndian(b << 16 | a)
        return [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A] + chunk("IHDR", header) + chunk("IDAT", stream)
            + chunk("IEND", [])
    }

    private static func chunk(_ kind: String, _ body: [UInt8]) -> [UInt8] {
        let content = Array(kind.utf8) + body
        return bigEndian(UInt32(body.count)) + content + bigEndian(checksum(content))
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(0xFFFF_FFFF as UInt32) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
    }
}
