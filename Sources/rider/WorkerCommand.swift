import ArgumentParser

struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Runs the service until it is told to stop.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        _ = try global.load()
    }
}
