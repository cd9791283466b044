import RiderModel

/// What this worker offers the robot, in the later shape of the contract. The robot only looks whether the answer comes; other
/// programs read the fields.
public struct Capabilities: Sendable, Hashable {
    /// Where the work of a domain is done now.
    public enum Mode: String, Sendable, Hashable {
        case pc
        case local
    }

    /// Whether tasks of one type would be worked on now, and by what.
    public struct Engine: Sendable, Hashable {
        public var taskType: TaskType
        /// The engine that would be asked first; empty when none is configured.
        public var name: String
        public var isAvailable: Bool

        public init(taskType: TaskType, name: String, isAvailable: Bool) {
            self.taskType = taskType
            self.name = name
            self.isAvailable = isAvailable
        }
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

    /// One for each task type. A feature is listed when its task type has an engine that works; without any entry for a task
    /// type its feature is listed.
    public var engines: [Engine]

    /// A domain that is switched off is nil and left out of the answer.
    public var vision: Vision?
    public var voice: Voice?
    public var text: Text?

    public init(vision: Vision? = nil, voice: Voice? = nil, text: Text? = nil, engines: [Engine] = []) {
        self.vision = vision
        self.voice = voice
        self.text = text
        self.engines = engines
    }

    /// The body of the answer; also what a heartbeat to the robot carries.
    public var encoded: [UInt8] {
        var json = JSONWriter(capacity: 512)
        json.object { json in
            if let vision {
                json.key("vision")
                json.object { json in
                    write(.vision, [("frame_offload", .visionFrame), ("obstacle_enhanced", .visionFrame)], to: &json)
                    vision.write(to: &json)
                }
            }
            if let voice {
                json.key("voice")
                json.object { json in
                    write(.voice, [("asr", .voiceASR), ("tts", .voiceTTS)], to: &json)
                    voice.write(to: &json)
                }
            }
            if let text {
                json.key("text")
                json.object { json in
                    write(.text, [("chat", .textGenerate), ("nlu", .textNLU)], to: &json)
                    text.write(to: &json)
                }
            }
        }
        return json.bytes
    }

    /// The members that every domain begins with.
    private func write(_ domain: Domain, _ features: [(name: String, type: TaskType)], to json: inout JSONWriter) {
        json.key("version")
        json.string("1.0.0")
        json.key("features")
        json.strings(
            features.filter { feature in
                let mine = engines.filter { $0.taskType == feature.type }
                return mine.isEmpty || mine.contains(where: \.isAvailable)
            }.map(\.name))
        let mine = engines.filter { $0.taskType.domain == domain }
        guard !mine.isEmpty else { return }
        json.key("engines")
        json.object { json in
            for engine in mine {
                json.key(dynamic: engine.taskType.rawValue)
                json.object { json in
                    json.key("engine")
                    json.string(engine.name)
                    json.key("available")
                    json.bool(engine.isAvailable)
                }
            }
        }
    }
}

extension Capabilities.Vision {
    fileprivate func write(to json: inout JSONWriter) {
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
        json.key("model")
        json.string(model)
        json.key("nlu_tasks")
        json.strings(nluTasks)
        json.key("mode")
        json.string(mode.rawValue)
    }
}

extension JSONWriter {
    fileprivate mutating func strings(_ values: [String]) {
        array { json in
            for value in values { json.string(value) }
        }
    }
}
