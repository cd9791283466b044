import ArgumentParser

/// Measures single rooms of the program in one process; `tools/bench` runs it and makes tables of what it prints.
@main
struct RiderBenchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rider-benchmarks",
        abstract: "Measures single rooms of rider. Prints one JSON object of figures.",
        subcommands: [HandOff.self, Throughput.self, MetricUpdates.self, JournalCommits.self])
}
