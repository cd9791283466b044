import Foundation
import Testing

@testable import RiderConfiguration

@Suite struct ConfigurationLoaderTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func loader(environment: [String: String] = [:]) -> ConfigurationLoader {
        ConfigurationLoader(
            directories: [folder.path], dotEnvPath: folder.path + "/.env", environment: environment)
    }

    private func errors(_ loader: ConfigurationLoader) -> [ConfigurationProblem] {
        do {
            _ = try loader.load()
            return []
        } catch {
            return error.problems.filter { $0.severity == .error }
        }
    }

    private func value(_ key: String, in loaded: LoadedConfiguration) throws -> EffectiveSetting {
        try #require(loaded.values.first { $0.definition.key == key })
    }

    // MARK: - Layers

    @Test func withNothingAtAllTheDefaultsCount() throws {
        let loaded = try loader().load()
        #expect(loaded.values.allSatisfy { $0.source == .builtIn })
        #expect(loaded.problems == [])
        #expect(loaded.files == [])
        #expect(loaded.settings.queue.maxSize == 10_000)
        #expect(loaded.settings.queue.leaseDuration == .seconds(30))
        #expect(loaded.settings.telemetryEndpoint == "bind://127.0.0.1:5557")
        #expect(loaded.settings.vision.engines.chosen == ["opencv"])
    }

    @Test func theDefaultFilesLoadAndChangeNothing() throws {
        for file in DefaultFile.allCases {
            try Data(file.contents).write(to: URL(filePath: folder.path + "/" + file.name))
        }
        let loaded = try loader().load()
        #expect(loaded.problems == [])
        #expect(loaded.files.count == 4)
        #expect(loaded.values.allSatisfy { $0.value == $0.definition.defaultValue })
        #expect(!loaded.values.contains { $0.source == .builtIn })
    }

    @Test func everyLayerBeatsTheOnesBelow() throws {
        let file = try folder.write("[queue]\nmax_size = 2\n", to: "rider.toml")
        let second = try TemporaryFolder()
        try second.write("[queue]\nmax_size = 3\n", to: "rider.toml")
        let dotEnv = try folder.write("\nRIDER_QUEUE_MAX_SIZE=4", to: ".env")
        var loader = ConfigurationLoader()
        var seen: [Int] = []
        var sources: [String] = []
        func note() throws {
            let loaded = try loader.load()
            seen.append(loaded.settings.queue.maxSize)
            sources.append(try value("queue.max_size", in: loaded).source.description)
        }
        try note()
        loader.directories = [folder.path]
        try note()
        loader.directories = [folder.path, second.path + "/"]
        try note()
        loader.dotEnvPath = dotEnv
        try note()
        loader.environment = ["RIDER_QUEUE_MAX_SIZE": "5"]
        try note()
        loader.flags = [.init(name: "--set queue.max_size", key: "queue.max_size", text: "6")]
        try note()
        #expect(seen == [10_000, 2, 3, 4, 5, 6])
        #expect(
            sources == [
                "default", "\(file):2", "\(second.path)/rider.toml:2", "\(dotEnv):2 RIDER_QUEUE_MAX_SIZE",
                "environment RIDER_QUEUE_MAX_SIZE", "--set queue.max_size",
            ])
        let overridden = try value("queue.max_size", in: try loader.load()).overridden
        #expect(overridden.map(\.value) == [5, 4, 3, 2, 10_000].map(SettingValue.integer))
    }

    @Test func anEmptyVariableCountsAsNotSet() throws {
        let loaded = try loader(environment: ["RIDER_QUEUE_MAX_SIZE": "", "REDIS_HOST": " "]).load()
        #expect(loaded.values.allSatisfy { $0.source == .builtIn })
    }

    @Test func aProviderFileMayLeaveItsSectionOut() throws {
        try folder.write("confidence_threshold = 0.25\n[frame]\ndeadline_ms = 100\n", to: "vision_provider.toml")
        let settings = try loader().load().settings
        #expect(settings.vision.confidenceThreshold == 0.25)
        #expect(settings.vision.frame.deadline == .milliseconds(100))
    }

    @Test func aWholeNumberDoesForANumber() throws {
        try folder.write("[robot]\nobstacle_hz = 4\n", to: "rider.toml")
        #expect(try loader().load().settings.robot.obstacleHz == 4)
    }

    @Test func listsComeAsJSONOrWithCommas() throws {
        let json = try loader(environment: ["RIDER_VISION_OBSTACLE_CLASSES": #"["a b", "c"]"#]).load()
        #expect(json.settings.vision.obstacleClasses == ["a b", "c"])
        let commas = try loader(environment: ["RIDER_VISION_OBSTACLE_CLASSES": "person, dog"]).load()
        #expect(commas.settings.vision.obstacleClasses == ["person", "dog"])
    }

    // MARK: - Names of the old program

    @Test(arguments: [
        ("TASK_QUEUE_BACKEND", "redis", "queue.backend", SettingValue.text("redis")),
        ("TASK_QUEUE_MAX_SIZE", "7", "queue.max_size", .integer(7)),
        ("REDIS_HOST", "h", "redis.host", .text("h")), ("REDIS_PORT", "1", "redis.port", .integer(1)),
        ("REDIS_DB", "2", "redis.db", .integer(2)), ("REDIS_USERNAME", "u", "redis.username", .text("u")),
        ("REDIS_PASSWORD", "p", "redis.password", .text("p")), ("TASK_QUEUE_HOST", "h", "redis.host", .text("h")),
        ("TASK_QUEUE_PORT", "1", "redis.port", .integer(1)), ("TASK_QUEUE_PASSWORD", "p", "redis.password", .text("p")),
        ("ENABLE_TELEMETRY", "false", "telemetry.enabled", .flag(false)),
        ("ENABLE_TASK_QUEUE", "no", "ingest.enabled", .flag(false)),
        ("ENABLE_PROVIDERS", "false", "vision.enabled", .flag(false)),
        ("RIDER_PI_HOST", "robot", "robot.host", .text("robot")),
        ("ZMQ_PUB_PORT", "1", "robot.publish_port", .integer(1)),
        ("ZMQ_SUB_PORT", "2", "robot.subscribe_port", .integer(2)),
        ("SERVER_HOST", "0.0.0.0", "http.host", .text("0.0.0.0")),
        ("SERVER_PORT", "80", "http.port", .integer(80)),
        ("PC_PUBLIC_BASE_URL", "http://pc:8000", "http.public_base_url", .text("http://pc:8000")),
        ("LOG_LEVEL", "WARNING", "log.level", .text("warning")),
        ("TELEMETRY_ZMQ_HOST", "0.0.0.0", "telemetry.endpoint", .text("bind://0.0.0.0:5557")),
    ])
    func anOldNameSetsItsKey(name: String, text: String, key: String, expected: SettingValue) throws {
        let found = try value(key, in: try loader(environment: [name: text]).load())
        #expect(found.value == expected)
        #expect(found.source == .environment(name: name))
    }

    @Test func theSeedsOwnSetMeansTheDefaultsOnRedis() throws {
        try folder.write(
            """
            TASK_QUEUE_BACKEND=redis
            REDIS_HOST=localhost
            REDIS_PORT=6379
            REDIS_DB=0
            ENABLE_TELEMETRY=true
            TELEMETRY_ZMQ_PORT=5557
            ENABLE_TASK_QUEUE=true
            ENABLE_PROVIDERS=true
            """, to: ".env")
        let loaded = try loader().load()
        #expect(loaded.problems == [])
        let changed = loaded.values.filter { $0.value != $0.definition.defaultValue }
        #expect(changed.map(\.definition.key) == ["queue.backend", "telemetry.endpoint"])
        #expect(loaded.settings.telemetryEndpoint == "bind://127.0.0.1:5557")
    }

    @Test func redisNamesWinOverTheirAliasesAndItIsSaid() throws {
        let loaded = try loader(environment: ["TASK_QUEUE_HOST": "other", "REDIS_HOST": "winner"]).load()
        #expect(loaded.settings.redis.host == "winner")
        #expect(
            loaded.problems.map(\.description)
                == ["environment TASK_QUEUE_HOST: notice: is not used: environment REDIS_HOST wins"])
    }

    @Test func aliasesThatAgreeAreNoConflict() throws {
        #expect(try loader(environment: ["TASK_QUEUE_HOST": "same", "REDIS_HOST": "same"]).load().problems == [])
    }

    @Test func theNameMadeByRuleWinsOverAnOldOne() throws {
        let loaded = try loader(environment: ["RIDER_QUEUE_MAX_SIZE": "1", "TASK_QUEUE_MAX_SIZE": "2"]).load()
        #expect(loaded.settings.queue.maxSize == 1)
        #expect(loaded.problems.count == 1)
    }

    @Test func onlyTheTextTrueSwitchesAnOldFlagOn() throws {
        #expect(try loader(environment: ["ENABLE_TELEMETRY": "TRUE"]).load().settings.telemetry.isEnabled)
        let loaded = try loader(environment: ["ENABLE_TELEMETRY": "1"]).load()
        #expect(!loaded.settings.telemetry.isEnabled)
        #expect(loaded.problems.map(\.severity) == [.warning])
    }

    @Test func theMasterSwitchSwitchesOffButNotOn() throws {
        try folder.write("[vision]\nenabled = false\n", to: "vision_provider.toml")
        let on = try loader(environment: ["ENABLE_PROVIDERS": "true"]).load().settings
        #expect([on.voice.isEnabled, on.vision.isEnabled, on.text.isEnabled] == [true, false, true])
        let off = try loader(environment: ["ENABLE_PROVIDERS": "0"]).load()
        #expect(
            ![off.settings.voice.isEnabled, off.settings.vision.isEnabled, off.settings.text.isEnabled].contains(true))
        #expect(off.problems.count == 1)
    }

    @Test func withARobotTelemetryGoesToItsBroker() throws {
        try folder.write("TELEMETRY_ZMQ_PORT=5557\n", to: ".env")
        let loaded = try loader(environment: ["RIDER_PI_HOST": "10.0.0.2"]).load()
        #expect(loaded.settings.telemetryEndpoint == "tcp://10.0.0.2:5555")
        #expect(loaded.problems.map(\.severity) == [.notice])
    }

    // MARK: - Mistakes

    @Test func allMistakesComeAtOnceWithFileLineAndNearestKey() throws {
        let rider = try folder.write(
            """
            data_dirr = "x"
            [queue]
            lease_secs = 3
            max_size = "many"
            backend = "rediss"
            retry_base_ms = 0

            [vision]
            enabled = true
            """, to: "rider.toml")
        let voice = try folder.write("[voice\n", to: "voice_provider.toml")
        let text = try folder.write("[text.generate]\ntemperature = 1979-05-27\n", to: "text_provider.toml")
        let dotEnv = try folder.write("what is this\nSERVER_PORT=http\n", to: ".env")
        let found = errors(loader(environment: ["RIDER_TELEMETRY_ENABLED": "1"])).map(\.description)
        let expected = [
            "\(rider):1: error: data_dirr: no such key; the nearest is data_dir",
            "\(rider):3: error: queue.lease_secs: no such key; the nearest is queue.lease_seconds",
            "\(rider):4: error: queue.max_size: must be a whole number, not a text",
            "\(rider):5: error: queue.backend: must be one of \"embedded\", \"redis\", not \"rediss\"; the nearest is redis",
            "\(rider):6: error: queue.retry_base_ms: must be from 1 to 3600000, not 0",
            "\(rider):9: error: vision.enabled: belongs into vision_provider.toml",
            "\(text):2: error: text.generate.temperature: must be a number, not a date or time",
            "\(dotEnv):1: error: is not NAME=value",
            "\(dotEnv):2 SERVER_PORT: error: http.port: must be a whole number, not \"http\"",
            "environment RIDER_TELEMETRY_ENABLED: error: telemetry.enabled: must be true or false, not \"1\"",
        ]
        #expect(found.filter { !$0.hasPrefix(voice) } == expected)
        #expect(found.filter { $0.hasPrefix("\(voice):1: error: is no TOML") }.count == 1)
    }

    @Test func aValueInThePlaceOfASectionIsNamed() throws {
        try folder.write("queue = 5\n", to: "rider.toml")
        #expect(errors(loader()).map(\.message) == ["is a section, not a value"])
    }

    @Test func aSectionInThePlaceOfAValueIsNamed() throws {
        try folder.write("[queue.max_size]\nx = 5\n", to: "rider.toml")
        #expect(errors(loader()).map(\.key) == ["queue.max_size.x"])
    }

    @Test func anUnknownRiderVariableIsAWarningWithTheNearestName() throws {
        let loaded = try loader(environment: [
            "RIDER_QUEUE_MAX_SIZ": "5", "RIDER_WITHOUT_ENGINES": "1", "UNRELATED": "x",
        ]).load()
        #expect(
            loaded.problems.map(\.description)
                == ["environment RIDER_QUEUE_MAX_SIZ: warning: is no setting; the nearest is RIDER_QUEUE_MAX_SIZE"])
    }

    @Test func keysThatContradictEachOtherAreAnError() throws {
        try folder.write("[queue]\nretry_base_ms = 70000\n", to: "rider.toml")
        #expect(errors(loader()).map(\.key) == ["queue.retry_base_ms"])
    }

    @Test func aFlagWithAnUnknownKeyIsAnError() {
        let flags = [ConfigurationLoader.Flag(name: "--set", key: "queue.max_sizes", text: "5")]
        #expect(errors(ConfigurationLoader(flags: flags)).map(\.nearest) == ["queue.max_size"])
    }

    @Test func aRequiredFolderMustExistAndShouldHoldSomething() throws {
        #expect(errors(ConfigurationLoader(requiredDirectory: folder.path + "/none")).count == 1)
        #expect(try ConfigurationLoader(requiredDirectory: folder.path).load().problems.map(\.severity) == [.warning])
    }

    // MARK: - Secrets

    @Test func secretsAppearInNoMessageAndNoListing() throws {
        let secret = "do-not-show"
        try folder.write("[http]\ntoken = \"\(secret)\"\n[redis]\npassword = \"\(secret)\"\n", to: "rider.toml")
        let loaded = try loader(environment: ["REDIS_PASSWORD": secret + "1", "TASK_QUEUE_PASSWORD": secret + "2"])
            .load()
        #expect(loaded.settings.http.token == secret)
        let told =
            loaded.values.flatMap { setting in
                [setting.shown] + setting.overridden.map { setting.definition.shown($0.value) }
            } + loaded.problems.map(\.description)
        #expect(!told.contains { $0.contains(secret) })
        #expect(try value("redis.password", in: loaded).shown == "(hidden)")
        #expect(try value("http.token", in: try ConfigurationLoader().load()).shown == "(not set)")
    }
}
