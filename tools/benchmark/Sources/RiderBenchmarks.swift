import ArgumentParser
import Dispatch

/// Measures single rooms of the program in one process; `tools/bench` runs it and makes tables of what it prints.
struct RiderBenchmarks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rider-benchmarks",
        abstract: "Measures single rooms of rider. Prints one JSON object of figures.",
        subcommands: [
            HandOff.self, Throughput.self, MetricUpdates.self, JournalCommits.self, SingleEnqueue.self,
            PushToStart.self, MainPath.self, CountedSteps.self, HistorySamples.self,
        ])
}

@main
enum Program {
    /// The main thread waits instead of ending, as it does under an asynchronous `main`: valgrind cannot bear the latter.
    static func main() {
        let ended = DispatchSemaphore(value: 0)
        Task { @concurrent in
            await RiderBenchmarks.main()
            ended.signal()
        }
        ended.wait()
    }
}
