/// Names of the program that `rider` replaces which have another name here, or none.
enum RetiredNames {
    /// Keys of the old provider files, and what they are called now.
    static let keys: [String: String] = [
        "vision.use_mock": "vision.engines",
        "vision.detection_model": "vision.engines",
        "vision.frame_priority": "vision.frame.priority",
        "voice.use_mock": "voice.tts.engines",
        "voice.asr_model": "voice.asr.engines",
        "voice.tts_model": "voice.tts.piper.voice",
        "voice.tts_priority": "voice.tts.priority",
        "text.use_mock": "text.generate.engines",
        "text.backend": "text.generate.engines",
        "text.use_cache": "text.generate.enable_cache",
        "text.system_prompts": "text.generate.system_prompt",
        "text.model": "text.generate.ollama.model",
        "text.ollama_host": "text.generate.ollama.url",
        "circuit_breaker.failure_threshold": "breaker.failure_threshold",
        "circuit_breaker.success_threshold": "breaker.success_threshold",
        "circuit_breaker.timeout": "breaker.open_seconds",
    ]

    /// Variables that begin with `RIDER_` and are no settings.
    static let variables: Set<String> = [
        "RIDER_ENABLE_TO_THREAD", "RIDER_WITHOUT_ENGINES", "RIDER_WARNINGS_ARE_ERRORS",
    ]
}
