/// What a value must satisfy besides its kind.
enum SettingLimit: Sendable, Hashable {
    case integers(ClosedRange<Int>)
    case numbers(ClosedRange<Double>)
    /// One of these words, in any case.
    case words([String])
    /// Empty, `bind://HOST:PORT` or `tcp://HOST:PORT`; `tcp://` must name one host.
    case endpoint
    /// Empty or `bind://HOST:PORT`.
    case listeningEndpoint
    /// Not empty.
    case nonEmpty
    /// Empty, `http://…` or `https://…`, without a user's name and password: nothing here would send them, and they would be shown.
    case webAddress
    /// The same, not empty.
    case requiredWebAddress

    /// - Returns: the value, words in their own spelling; nil when it is outside.
    func admit(_ value: SettingValue) -> SettingValue? {
        switch (self, value) {
        case (.integers(let range), .integer(let number)): range.contains(number) ? value : nil
        case (.numbers(let range), .number(let number)): range.contains(number) ? value : nil
        case (.words(let words), .text(let text)):
            words.first { $0 == text.lowercased() }.map(SettingValue.text)
        case (.endpoint, .text(let text)): text.isEmpty || Self.isEndpoint(text) ? value : nil
        case (.listeningEndpoint, .text(let text)):
            text.isEmpty || text.hasPrefix("bind://") && Self.isEndpoint(text) ? value : nil
        case (.nonEmpty, .text(let text)): text.isEmpty ? nil : value
        case (.nonEmpty, .texts(let texts)): texts.isEmpty ? nil : value
        case (.webAddress, .text(let text)): text.isEmpty || Self.isWebAddress(text) ? value : nil
        case (.requiredWebAddress, .text(let text)): Self.isWebAddress(text) ? value : nil
        default: nil
        }
    }

    /// The condition behind "must be".
    var requirement: String {
        switch self {
        case .integers(let range):
            range.upperBound == .max
                ? "\(range.lowerBound) or more" : "from \(range.lowerBound) to \(range.upperBound)"
        case .numbers(let range): "from \(range.lowerBound) to \(range.upperBound)"
        case .words(let words): "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ")
        case .endpoint: "bind://HOST:PORT, tcp://HOST:PORT or empty"
        case .listeningEndpoint: "bind://HOST:PORT or empty"
        case .nonEmpty: "something, not empty"
        case .webAddress: "http://…, https://… or empty, without a password"
        case .requiredWebAddress: "http://… or https://… without a password"
        }
    }

    /// Whether a value that is not admitted may be named.
    func mayTell(_ value: SettingValue) -> Bool {
        switch (self, value) {
        case (.webAddress, .text(let text)), (.requiredWebAddress, .text(let text)): !text.contains("@")
        default: true
        }
    }

    private static func isWebAddress(_ text: String) -> Bool {
        guard let scheme = ["http://", "https://"].first(where: text.hasPrefix) else { return false }
        let host = text.dropFirst(scheme.count).prefix { $0 != "/" && $0 != "?" }
        return !host.isEmpty && !host.contains("@")
    }

    private static func isEndpoint(_ text: String) -> Bool {
        guard let scheme = ["bind://", "tcp://"].first(where: { text.hasPrefix($0) }) else { return false }
        let address = text.dropFirst(scheme.count)
        guard let colon = address.lastIndex(of: ":"), let port = Int(address[address.index(after: colon)...]),
            colon > address.startIndex
        else { return false }
        if scheme == "bind://" { return (0...65535).contains(port) }
        // Nobody can connect to "every address of this machine".
        return (1...65535).contains(port) && !["*", "0.0.0.0", "[::]"].contains(address[..<colon])
    }
}

extension SettingLimit {
    private static let port = SettingLimit.integers(1...65535)
    private static let positive = SettingLimit.integers(1...Int.max)
    private static let count = SettingLimit.integers(1...1_000_000)
    private static let milliseconds = SettingLimit.integers(1...3_600_000)
    private static let seconds = SettingLimit.integers(1...86_400)
    private static let megabytes = SettingLimit.integers(1024...(1 << 30))
    private static let priority = SettingLimit.integers(1...10)

    private static let messages = SettingLimit.words(["json-lines", "json-frames"])
    private static let languageModels = SettingLimit.words(["ollama", "openai", "gemini"])

    private static let visionServers = SettingLimit.words(["json", "kserve"])

    /// The limit of a key that engines of one kind have in common.
    ///
    /// - Parameter value: the shipped engine's: an engine cannot become one of another kind, which has other keys.
    static func ofEngine(key: String, default value: SettingValue) -> SettingLimit? {
        switch key {
        case "kind": if case .text(let kind) = value { .words([kind]) } else { nil }
        // An engine that is shipped without a model works without.
        case "model": value == .text("") ? nil : .nonEmpty
        case "program", "voice": .nonEmpty
        case "url": .requiredWebAddress
        case "api_key_header": .nonEmpty
        case "input": .words(["stdin", "file"])
        case "retries": .integers(0...10)
        case "timeout_seconds": seconds
        case "max_output_bytes": megabytes
        case "max_concurrent": .integers(1...1024)
        default: nil
        }
    }

    /// The limits by key. Every number has one.
    static let byKey: [String: SettingLimit] = [
        "data_dir": .nonEmpty,
        "log.level": .words(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
        "robot.publish_port": port,
        "robot.subscribe_port": port,
        "robot.http_port": port,
        "robot.http_timeout_ms": milliseconds,
        "robot.heartbeat_seconds": seconds,
        "robot.idle_voice_seconds": .integers(0...3600),
        "robot.language": .words(["pl", "en"]),
        "robot.assume_mode": .words(["", "pc"]),
        "robot.obstacle_hz": .numbers(0.1...10_000),
        "robot.max_age_ms": milliseconds,
        "robot.voice_max_age_ms": milliseconds,
        "robot.send_high_water_mark": count,
        "ingest.max_message_bytes": megabytes,
        "ingest.buffer_size": count,
        "queue.backend": .words(["embedded", "redis"]),
        "queue.max_size": .integers(1...100_000_000),
        "queue.max_task_bytes": megabytes,
        "queue.lease_seconds": seconds,
        "queue.max_attempts": .integers(1...1000),
        "queue.retry_base_ms": milliseconds,
        "queue.retry_max_ms": .integers(1...86_400_000),
        "queue.aging_seconds": .integers(0...86_400),
        "queue.max_dead_letters": .integers(0...10_000_000),
        "worker.batch_size": .integers(1...65_536),
        "worker.claim_ahead_ms": .integers(0...60_000),
        "worker.shutdown_grace_seconds": .integers(0...3600),
        "journal.commit_rows": count,
        "journal.commit_bytes": .integers(1...(1 << 30)),
        "journal.commit_interval_ms": .integers(0...10_000),
        "journal.max_waiting_rows": count,
        "journal.max_waiting_bytes": .integers(1024...(1 << 40)),
        "journal.max_pending_ranges": count,
        "journal.max_body_bytes": megabytes,
        "journal.retention_days": .integers(1...36_500),
        "journal.max_bytes": .integers((1 << 20)...Int.max),
        "journal.wal_bytes": .integers((1 << 16)...(1 << 40)),
        "journal.delivery_flush_ms": milliseconds,
        "journal.max_replay_runs": .integers(1...10_000),
        "journal.max_outages": count,
        "telemetry.endpoint": .endpoint,
        "telemetry.max_message_bytes": megabytes,
        "telemetry.send_high_water_mark": count,
        "telemetry.buffer_messages": count,
        "telemetry.buffer_bytes": .integers(1024...(1 << 40)),
        "telemetry.catch_up": .words(["off", "undelivered"]),
        "telemetry.catch_up_max_age_seconds": .integers(1...31_536_000),
        "telemetry.catch_up_max_rows": .integers(1...10_000_000),
        "telemetry.outage_ms": .integers(0...3_600_000),
        "replay.rate": .integers(1...1_000_000),
        "replay.chunk_rows": .integers(1...100_000),
        "replay.chunk_bytes": .integers(1024...(1 << 30)),
        "telemetry.catch_up_per_second": .integers(0...1_000_000),
        "telemetry.live_per_second": .integers(0...1_000_000),
        "telemetry.settle_ms": .integers(0...60_000),
        "telemetry.probe_interval_ms": milliseconds,
        "telemetry.stop_linger_ms": .integers(0...60_000),
        "telemetry.heartbeat_interval_ms": milliseconds,
        "telemetry.heartbeat_timeout_ms": milliseconds,
        "telemetry.recovery_endpoint": .listeningEndpoint,
        "telemetry.recovery_listeners": .integers(1...10_000),
        "telemetry.recovery_idle_seconds": seconds,
        "telemetry.recovery_answer_messages": .integers(1...4096),
        "telemetry.recovery_window_bytes": .integers(4096...(1 << 30)),
        "metrics.sample_seconds": .integers(0...3600),
        "metrics.message_hours": .integers(1...87_600),
        "metrics.raw_days": .integers(1...36_500),
        "metrics.minute_days": .integers(1...36_500),
        "metrics.hour_days": .integers(1...36_500),
        "metrics.max_bytes": .integers((16 << 20)...Int.max),
        "metrics.max_series": count,
        "http.host": .nonEmpty,
        "http.port": .integers(0...65535),
        "http.max_body_bytes": megabytes,
        "http.max_tasks_per_request": count,
        "http.max_connections": .integers(1...65_535),
        "http.request_timeout_seconds": seconds,
        "http.generate_timeout_ms": milliseconds,
        "http.public_base_url": .webAddress,
        "breaker.failure_threshold": count,
        "breaker.open_seconds": seconds,
        "breaker.success_threshold": count,
        "redis.host": .nonEmpty,
        "redis.port": port,
        "redis.db": .integers(0...1_000_000),
        "redis.prefix": .nonEmpty,
        "redis.pool_size": .integers(1...1000),
        "redis.connect_timeout_ms": milliseconds,
        "redis.command_timeout_ms": milliseconds,
        "redis.block_ms": milliseconds,
        "text.max_concurrent_tasks": .integers(1...1024),
        "text.timeout_seconds": seconds,
        "text.generate.max_tokens": positive,
        "text.generate.temperature": .numbers(0...2),
        "text.generate.top_p": .numbers(0...1),
        "text.generate.top_k": .integers(1...100_000),
        "text.generate.cache_ttl_seconds": .integers(1...31_536_000),
        "text.generate.cache_max_size": count,
        "text.generate.cache_max_bytes": .integers(1024...(1 << 40)),
        "text.nlu.model.protocol": .words(["ollama", "openai"]),
        "text.generate.ollama.protocol": languageModels,
        "text.generate.chat-server.protocol": languageModels,
        "text.generate.gemini.protocol": languageModels,
        "vision.opencv.protocol": messages,
        "vision.vision-server.protocol": visionServers,
        "vision.kserve.protocol": visionServers,
        "vision.max_concurrent_tasks": .integers(1...1024),
        "vision.timeout_seconds": seconds,
        "vision.confidence_threshold": .numbers(0...1),
        "vision.max_detections": count,
        "vision.field_of_view_degrees": .numbers(1...180),
        "vision.avoid_distance_m": .numbers(0...100),
        "vision.frame.priority": priority,
        "vision.frame.frame_buffer_size": count,
        "vision.frame.deadline_ms": milliseconds,
        "voice.max_concurrent_tasks": .integers(1...1024),
        "voice.timeout_seconds": seconds,
        "voice.asr.language": .nonEmpty,
        "voice.asr.max_audio_seconds": .integers(1...3600),
        "voice.asr.priority": priority,
        "voice.asr.deadline_ms": milliseconds,
        "voice.asr.utterance.pre_roll_ms": .integers(0...5000),
        "voice.asr.utterance.hangover_ms": .integers(20...10_000),
        "voice.asr.utterance.shortest_ms": .integers(0...5000),
        "voice.asr.utterance.longest_ms": .integers(1000...60_000),
        "voice.asr.utterance.gap_ms": .integers(20...10_000),
        "voice.asr.utterance.threshold_db": .numbers(1...60),
        "voice.asr.utterance.minimum_db": .numbers(-90...0),
        "voice.asr.utterance.max_senders": .integers(1...64),
        "voice.asr.whisper-server.protocol": .words(["openai"]),
        "voice.asr.whisper-cpp.protocol": .words(["text"]),
        "voice.asr.pocketsphinx.protocol": messages,
        "voice.tts.speech-server.protocol": .words(["openai"]),
        "voice.tts.piper.protocol": .words(["piper", "espeak-ng"]),
        "voice.tts.espeak-ng.protocol": .words(["piper", "espeak-ng"]),
        "voice.tts.cache_max_bytes": .integers(0...(1 << 40)),
        "voice.tts.sample_rate": .integers(8000...192_000),
        "voice.tts.max_audio_seconds": .integers(1...86_400),
        "voice.tts.priority": priority,
    ]
}
