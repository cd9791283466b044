import Foundation
import RiderModel

/// The work that engines are tried on: it is part of the program.
enum EngineSample {
    /// What is said in `speech.wav`.
    static let words = "where is the ball"

    /// A task of the type.
    static func task(_ type: TaskType) throws -> ClaimedTask {
        let payload: JSONValue =
            switch type {
            case .voiceASR: ["audio_data": base64(PackageResources.speech_wav), "format": "wav", "language": "en"]
            case .voiceTTS: ["text": "Cześć, jestem Rider."]
            case .visionFrame: ["frame_data": base64(PackageResources.picture_jpg), "frame_id": "sample"]
            case .visionDetection: ["image_data": base64(PackageResources.picture_jpg), "format": "jpeg"]
            case .textNLU: ["text": "jedź do kuchni i zatrzymaj się"]
            case .textGenerate: ["prompt": "Say hello to the robot in five words.", "max_tokens": 40]
            }
        let envelope = try TaskEnvelope(id: "engine-sample", type: type, payload: payload.encoded)
        return ClaimedTask(
            envelope: envelope, lease: .init(position: 1, attempt: 1), enqueuedAt: TimeSource.system.wall(),
            waited: .zero)
    }

    private static func base64(_ bytes: [UInt8]) -> JSONValue { .string(Data(bytes).base64EncodedString()) }

    /// Whether it is what the sample must give. Eyes may know none of what is in the picture, but there are words in the sound.
    static func isPlausible(_ type: TaskType, _ output: JSONValue) -> Bool {
        switch type {
        case .voiceASR, .textGenerate: output["text"]?.string?.contains { !$0.isWhitespace } == true
        case .voiceTTS: (output["duration_ms"]?.int ?? 0) > 0
        case .visionFrame, .visionDetection, .textNLU: true
        }
    }

    /// What came of it, in a few words.
    static func summary(_ type: TaskType, _ output: JSONValue) -> String {
        switch type {
        case .voiceASR:
            let heard = output["text"]?.string ?? ""
            let isRight = heard.lowercased().split { !$0.isLetter }.elementsEqual(words.split(separator: " "))
            return isRight ? "heard \"\(heard)\"" : "heard \"\(heard)\", was said \"\(words)\""
        case .voiceTTS:
            return "spoke for \(output["duration_ms"]?.int ?? 0) ms at \(output["sample_rate"]?.int ?? 0) Hz"
        case .visionFrame:
            let kinds = output["obstacles"]?.array?.compactMap { $0["type"]?.string } ?? []
            return kinds.isEmpty ? "saw nothing" : "saw " + kinds.joined(separator: ", ")
        case .visionDetection:
            let kinds = output["detections"]?.array?.compactMap { $0["class"]?.string } ?? []
            return kinds.isEmpty ? "saw nothing" : "saw " + kinds.joined(separator: ", ")
        case .textNLU: return "understood \(output["intent"]?["name"]?.string ?? "nothing")"
        case .textGenerate: return "said \"\(output["text"]?.string?.prefix(80) ?? "")\""
        }
    }
}
