// swift-tools-version: 6.2
import PackageDescription

/// Set by `tools/test`; whoever only builds is not stopped by what a newer compiler finds.
let warningsAreErrors = Context.environment["RIDER_WARNINGS_ARE_ERRORS"] == "1"

/// One target per room of the design. A room depends on rooms to its left only:
///
///     Model ─ Execution ─ Bus ─ Metrics ─ Configuration ─ SQLite
///       └─ Queue ─▶ Ingest ─▶ Providers ─▶ Journal ─▶ Replay ─▶ Publisher ─▶ Recovery, Robot ─▶ Worker ─▶ HTTP ─▶ rider
///            └─▶ Redis                        └─▶ History, Report
///
/// C libraries stay behind `CLinux`, `CZeroMQ`, `CHiredis`, `CZlib` and GRDB's own SQLite module.
let swiftSettings: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
    ] + (warningsAreErrors ? [.treatAllWarnings(as: .error)] : [])

func room(
    _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .target(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: swiftSettings)
}

func roomTests(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource] = []
) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.init(stringLiteral: name), "TestSupport"] + dependencies,
        exclude: exclude, resources: resources, swiftSettings: swiftSettings)
}

let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")

let package = Package(
    name: "rider-bridge",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "rider", targets: ["rider"]),
        .executable(name: "rider-benchmarks", targets: ["rider-benchmarks"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.36.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0", traits: []),
    ],
    targets: [
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CZeroMQ", providers: [.apt(["libzmq3-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),

        room("RiderModel"),
        room("RiderExecution", ["CLinux"]),
        room("RiderMetrics", ["RiderModel", metrics]),
        room(
            "RiderConfiguration",
            [
                "RiderModel", logging,
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            exclude: [
                "Defaults/nlu_rules.toml", "Defaults/prometheus.yml", "Defaults/prometheus-alerts.yml",
                "Defaults/grafana",
            ],
            resources: [
                .embedInCode("Defaults/rider.toml"), .embedInCode("Defaults/voice_provider.toml"),
                .embedInCode("Defaults/vision_provider.toml"), .embedInCode("Defaults/text_provider.toml"),
            ]),
        room("RiderSQLite", [grdb], resources: [.embedInCode("Files")]),
        room("RiderBus", ["CZeroMQ", "RiderExecution", "RiderModel"]),
        room("RiderQueue", ["RiderModel", "RiderExecution", "RiderSQLite", "CLinux", grdb, logging, metrics]),
        room(
            "RiderRedis",
            ["CHiredis", "RiderModel", "RiderExecution", "RiderQueue", deque, logging, metrics],
            resources: [.embedInCode("Scripts")]),
        room("RiderIngest", ["RiderModel", "RiderBus", "RiderQueue", deque, logging, metrics]),
        room(
            "RiderProviders",
            [
                "RiderModel", "RiderExecution", "CLinux", logging, metrics,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "TOMLKit", package: "TOMLKit"),
            ],
            resources: [
                .embedInCode("Defaults/nlu_rules.toml"), .embedInCode("Defaults/vision_opencv.py"),
                .embedInCode("Defaults/speech_pocketsphinx.py"),
            ]),
        room(
            "RiderJournal",
            ["RiderModel", "RiderExecution", "RiderSQLite", "CLinux", grdb, deque, logging, metrics]),
        room(
            "RiderHistory",
            [
                "CZlib", "RiderModel", "RiderExecution", "RiderMetrics", "RiderSQLite", "RiderJournal", grdb,
                logging,
                metrics,
            ]),
        room("RiderReplay", ["RiderModel", "RiderJournal", logging]),
        room(
            "RiderPublisher",
            ["RiderModel", "RiderExecution", "RiderBus", "RiderJournal", "RiderReplay", deque, logging, metrics]),
        room("RiderReport", ["RiderModel", "RiderJournal"], resources: [.embedInCode("Assets")]),
        room(
            "RiderRobot",
            [
                "RiderModel", "RiderPublisher", logging, metrics,
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        room(
            "RiderRecovery",
            ["RiderModel", "RiderExecution", "RiderBus", "RiderJournal", "RiderPublisher", deque, logging, metrics]),
        room(
            "RiderWorker",
            [
                "RiderModel", "RiderQueue", "RiderProviders", "RiderJournal", "RiderPublisher", deque, lifecycle,
                logging, metrics,
            ]),
        room(
            "RiderHTTP",
            [
                "RiderModel", "RiderQueue", "RiderMetrics", "RiderReplay", lifecycle, logging, metrics,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
            ]),
        .executableTarget(
            name: "rider",
            dependencies: [
                "RiderModel", "RiderExecution", "RiderMetrics", "RiderConfiguration", "RiderBus", "RiderQueue",
                "RiderRedis", "RiderIngest", "RiderProviders", "RiderJournal", "RiderHistory", "RiderReplay",
                "RiderPublisher", "RiderRecovery", "RiderReport", "RiderRobot", "RiderWorker", "RiderHTTP",
                deque, lifecycle, logging, metrics,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            resources: [
                .embedInCode("Engines/Samples/speech.wav"), .embedInCode("Engines/Samples/picture.jpg"),
            ],
            swiftSettings: swiftSettings),

        .executableTarget(
            name: "rider-benchmarks",
            dependencies: [
                "RiderModel", "RiderExecution", "RiderMetrics", "RiderBus", "RiderQueue", "RiderRedis",
                "RiderProviders", "RiderJournal", "RiderHistory", "RiderPublisher", "RiderWorker", deque, lifecycle,
                logging,
                metrics,
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "tools/benchmark/Sources",
            swiftSettings: swiftSettings),

        .target(
            name: "TestSupport", dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")],
            path: "Tests/TestSupport", swiftSettings: swiftSettings),
        roomTests("RiderModel", [], resources: [.copy("Fixtures")]),
        roomTests("RiderSQLite", [grdb]),
        roomTests("RiderMetrics", [metrics], exclude: ["prometheus-alerts.test.yml"]),
        roomTests("RiderConfiguration", []),
        roomTests("RiderBus", ["RiderModel"]),
        roomTests(
            "RiderQueue", ["RiderModel", grdb, .product(name: "CoreMetrics", package: "swift-metrics")]),
        roomTests(
            "RiderRedis",
            [
                "RiderModel", "RiderExecution", "RiderQueue", logging, metrics,
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ]),
        roomTests("RiderIngest", ["RiderModel", "RiderBus", "RiderQueue"]),
        roomTests(
            "RiderProviders",
            ["RiderModel", logging, metrics, .product(name: "Subprocess", package: "swift-subprocess")],
            exclude: [
                "engine_server.py", "vision_server.py", "echo_engine.py", "face.jpg", "tiny_yolo.py", "sample_frame.py",
                "piper.py",
            ]),
        roomTests("RiderJournal", ["RiderModel", "RiderExecution", grdb]),
        roomTests("RiderReplay", ["RiderModel", "RiderJournal", logging]),
        roomTests(
            "RiderHistory", ["RiderModel", "RiderMetrics", "RiderExecution", "RiderJournal", grdb, logging, metrics]),
        roomTests(
            "RiderPublisher", ["RiderModel", "RiderBus", "RiderJournal", "RiderReplay", logging, metrics],
            resources: [.copy("Python")]),
        roomTests("RiderRecovery", ["RiderModel", "RiderBus", "RiderJournal", "RiderPublisher", logging, metrics]),
        roomTests("RiderReport", ["RiderModel", "RiderJournal"]),
        roomTests("RiderRobot", ["RiderModel", "RiderPublisher", "RiderHTTP", lifecycle, logging, metrics]),
        roomTests(
            "RiderWorker",
            ["RiderModel", "RiderQueue", "RiderProviders", "RiderJournal", "RiderPublisher", lifecycle, logging]),
        roomTests(
            "RiderHTTP",
            [
                "RiderModel", "RiderQueue", "RiderMetrics", "RiderReplay", lifecycle, logging, metrics,
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        .testTarget(
            name: "CommandLineTests",
            dependencies: [
                "rider", "RiderBus", "RiderConfiguration", "RiderModel", "RiderQueue", "RiderRecovery", "TestSupport",
                .product(name: "Subprocess", package: "swift-subprocess"),
            ],
            swiftSettings: swiftSettings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["RiderModel", "TestSupport"],
            exclude: ["Python"],
            swiftSettings: swiftSettings),
    ]
)
