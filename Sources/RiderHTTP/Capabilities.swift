import RiderModel

/// What this worker offers the robot, in the later shape of the contract. The robot only looks whether the answer comes; other
/// programs read the fields.
public struct Capabilities: Sendable, Hashable {
    /// Where the work of a domain is done now.
    public enum Mode: String, Sendable, Hashable {
        case pc
        case local
    }

    public struct Vision: Sendable, Hashable {
        public var model: String
        /// Level of frame tasks.
        public var framePriority: Priority
        public var mode: Mode

        public init(model: String, framePriority: Priority, mode: Mode) {
            self.model = model
            self.framePriority = framePriority
            self.mode = mode
        }
    }

    public struct Voice: Sendable, Hashable {
        public var asrModel: String
        public var ttsModel: String
        /// In hertz.
        public var sampleRate: Int
        public var mode: Mode

        public init(asrModel: String, ttsModel: String, sampleRate: Int, mode: Mode) {
            self.asrModel = asrModel
            self.ttsModel = ttsModel
            self.sampleRate = sampleRate
            self.mode = mode
        }
    }

    public struct Text: Sendable, Hashable {
        public var model: String
        public var nluTasks: [String]
        public var mode: Mode

        public init(model: String, nluTasks: [String], mode: Mode) {
            self.model = model
            self.nluTasks = nluTasks
            self.mode = mode
        }
    }

    /// A domain that is switched off is nil and left out of the answer.
    public var vision: Vision?
    public var voice: Voice?
    public var text: Text?

    public init(vision: Vision? = nil, voice: Voice? = nil, text: Text? = nil) {
        self.vision = vision
        self.voice = voice
        self.text = text
    }

    /// The body of the answer; also what a heartbeat to the robot carries.
    public var encoded: [UInt8] {
        var json = JSONWriter(capacity: 512)
        json.object { json in
            if let vision {
                json.key("vision")
                json.object { vision.write(to: &$0) }
            }
            if let voice {
                json.key("voice")
                json.object { voice.write(to: &$0) }
            }
            if let text {
                json.key("text")
                json.object { text.write(to: &$0) }
            }
        }
        return json.bytes
    }
}

extension Capabilities.Vision {
    fileprivate func write(to json: inout JSONWriter) {
        json.head(features: ["frame_offload", "obstacle_enhanced"])
        json.key("frame_schema")
        json.string("vision.frame.v1")
        json.key("model")
        json.string(model)
        json.key("priority")
        json.object { json in
            json.key("frame")
            json.integer(framePriority.rawValue)
        }
        json.key("mode")
        json.string(mode.rawValue)
    }
}

extension Capabilities.Voice {
    fileprivate func write(to json: inout JSONWriter) {
        json.head(features: ["asr", "tts"])
        json.key("asr_model")
        json.string(asrModel)
        json.key("tts_model")
        json.string(ttsModel)
        json.key("sample_rate")
        json.integer(sampleRate)
        json.key("mode")
        json.string(mode.rawValue)
    }
}

extension Capabilities.Text {
    fileprivate func write(to json: inout JSONWriter) {
        json.head(features: ["chat", "nlu"])
        json.key("model")
        json.string(model)
        json.key("nlu_tasks")
        json.strings(nluTasks)
        json.key("mode")
        json.string(mode.rawValue)
    }
}

extension JSONWriter {
    /// The members that every domain begins with.
    fileprivate mutating func head(features: [String]) {
        key("version")
        string("1.0.0")
        key("features")
        strings(features)
    }

    fileprivate mutating func strings(_ values: [String]) {
        array { json in
            for value in values { json.string(value) }
        }
    }
}
