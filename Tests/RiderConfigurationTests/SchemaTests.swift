import Configuration
import Synchronization
import Testing

@testable import RiderConfiguration

@Suite struct SchemaTests {
    let schema = Schema.builtIn

    @Test func everyKeyOfTheDefaultFilesIsReadIntoSettingsAndNoOther() throws {
        let reporter = KeyReporter()
        let values = schema.definitions.map { definition in
            (
                AbsoluteConfigKey(definition.key.split(separator: ".").map(String.init)),
                ConfigValue(definition.defaultValue.content, isSecret: definition.isSecret)
            )
        }
        let reader = ConfigReader(
            provider: InMemoryProvider(values: Dictionary(uniqueKeysWithValues: values)), accessReporter: reporter)
        _ = try Settings(reader)
        let read = reporter.keys.withLock { $0 }
        #expect(read.symmetricDifference(schema.definitions.map(\.key)) == [])
    }

    @Test func everyNumberHasALimitAndEveryLimitAKey() {
        let numbers = schema.definitions.filter { $0.kind == .integer || $0.kind == .number }
        #expect(numbers.filter { $0.limit == nil }.map(\.key) == [])
        #expect(SettingLimit.byKey.keys.filter { schema[$0] == nil } == [])
    }

    @Test func everyKeyIsExplained() {
        let unexplained = schema.definitions.filter {
            $0.documentation.isEmpty && !$0.key.hasSuffix(".enabled") && !$0.key.hasSuffix(".kind")
        }
        // Their names and units say it all.
        let plain: Set = [
            "text.generate.max_tokens", "text.generate.temperature", "text.generate.top_p", "text.generate.top_k",
        ]
        #expect(Set(unexplained.map(\.key)).subtracting(plain) == [])
    }

    @Test func commentsOfTheDefaultFilesBelongToTheirKeys() {
        #expect(schema["queue.max_dead_letters"]?.documentation == "Dead letters kept at most; the oldest make room.")
        #expect(schema["queue.retry_max_ms"]?.documentation == schema["queue.retry_base_ms"]?.documentation)
        #expect(schema["robot.host"]?.documentation.hasSuffix("(also RIDER_PI_HOST)") == true)
    }

    @Test func variableNamesFollowTheRuleAndAreUnique() {
        #expect(schema["queue.lease_seconds"]?.variableName == "RIDER_QUEUE_LEASE_SECONDS")
        #expect(schema["data_dir"]?.variableName == "RIDER_DATA_DIR")
        #expect(schema["vision.frame.deadline_ms"]?.variableName == "RIDER_VISION_FRAME_DEADLINE_MS")
        let names = schema.definitions.map(\.variableName) + Set(EnvironmentAlias.all.map(\.name))
        #expect(Set(names).count == names.count)
    }

    @Test func aliasesSecretsAndRetiredNamesPointToKeysThatExist() {
        #expect(EnvironmentAlias.all.filter { schema[$0.key] == nil } == [])
        #expect(Schema.secrets.filter { schema[$0] == nil } == [])
        #expect(RetiredNames.keys.filter { schema[$0.value] == nil || schema[$0.key] != nil } == [:])
    }

    @Test(arguments: [
        ("queue.lease_secs", "queue.lease_seconds"), ("queue.max_sise", "queue.max_size"),
        ("text.model", "text.generate.ollama.model"), ("vision.use_mock", "vision.engines"),
        ("qeueu.backend", "queue.backend"),
        ("worker.lease_seconds", "queue.lease_seconds"), ("circuit_breaker.timeout", "breaker.open_seconds"),
    ])
    func aMisspeltKeyFindsTheOneThatWasMeant(written: String, meant: String) {
        #expect(schema.nearestKey(to: written) == meant)
    }

    @Test func nothingIsNearToNonsense() {
        #expect(schema.nearestKey(to: "completely.different.thing") == nil)
    }

    @Test func neighboursThatChangedPlacesAreOneStep() {
        #expect(NearestName.distance("lease", "laese") == 1)
        #expect(NearestName.distance("lease", "lease") == 0)
        #expect(NearestName.distance("", "abc") == 3)
    }
}

private final class KeyReporter: AccessReporter {
    let keys = Mutex<Set<String>>([])

    func report(_ event: AccessEvent) {
        keys.withLock { _ = $0.insert(event.metadata.key.components.joined(separator: ".")) }
    }
}
