import Glibc
import Logging
import RiderModel

/// The program behind an engine of kind `command`: run once for each task, with placeholders filled in, its input by file or
/// standard input, its output bounded, and what it says on its standard error in the log.
struct EngineProgram: Sendable {
    let engine: EngineConfiguration
    /// What the program is part of and how to get it, for messages: `apt install espeak-ng`.
    let advice: String
    /// For input by file.
    let folder: String
    let logger: Logger

    init(_ engine: EngineConfiguration, advice: String, environment: DomainProvider.Environment) {
        self.engine = engine
        self.advice = advice
        folder = environment.engineFolder
        var logger = environment.logger
        logger[metadataKey: "engine"] = "\(engine.name)"
        self.logger = logger
    }

    /// - Parameters:
    ///   - values: what placeholders such as `{voice}` stand for. They become parts of arguments and nothing else.
    ///   - input: for standard input, or for the file that stands for `{input}`.
    ///   - suffix: of that file.
    /// - Returns: its output and what it complained of, when it ended with 0.
    /// - Throws: ``EngineError/failed(_:)``, `CancellationError`.
    func run(_ values: [String: String], input: [UInt8], suffix: String = "") async throws -> CommandRun.Output {
        let arguments = engine.arguments.map { Self.filled($0, values) }
        var command = CommandRun(
            command: [engine.program] + arguments, maximumOutputBytes: engine.limits.maxOutputBytes, logger: logger)
        switch engine.input {
        case .standardInput: command.input = input
        case .file: command.inputFile = .init(folder: folder, suffix: suffix, bytes: input)
        }
        let output: CommandRun.Output
        do {
            output = try await command.run()
        } catch is CommandRun.OutputTooLong {
            throw EngineError.failed("\(engine.name) wrote more than \(engine.limits.maxOutputBytes) bytes")
        } catch is ChildProcess.SpawnError {
            throw EngineError.failed(missing)
        } catch let error as InputFile.WriteError {
            throw EngineError.failed("\(engine.name): \(error)")
        }
        return output
    }

    /// For programs whose ending tells whether they did their work.
    func checked(_ output: CommandRun.Output) throws(EngineError) -> [UInt8] {
        guard output.ending == .exited(0) else {
            let said = output.errors.split(separator: "\n").last { !$0.isEmpty }.map { ": " + $0.prefix(200) } ?? ""
            throw .failed("\(engine.name) ended with \(output.ending)\(said)")
        }
        return output.output
    }

    /// Whether the program is there: its path, or where PATH has it.
    ///
    /// - Returns: nil when it is nowhere.
    var location: String? {
        if engine.program.contains("/") { return access(engine.program, X_OK) == 0 ? engine.program : nil }
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
        return path.split(separator: ":").lazy.map { "\($0)/\(engine.program)" }.first { access($0, X_OK) == 0 }
    }

    var missing: String { "\(engine.program) is not installed: \(advice)" }

    /// In one pass, so that a value with braces stays what it is.
    static func filled(_ argument: String, _ values: [String: String]) -> String {
        var filled = ""
        var rest = argument[...]
        while let start = rest.firstIndex(of: "{") {
            filled += rest[..<start]
            rest = rest[start...]
            guard let end = rest.firstIndex(of: "}"),
                let value = values[String(rest[rest.index(after: start)..<end])]
            else {
                filled.append("{")
                rest = rest.dropFirst()
                continue
            }
            filled += value
            rest = rest[rest.index(after: end)...]
        }
        return filled + rest
    }
}
