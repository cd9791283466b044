import ArgumentParser

/// Which dead letters a command is about.
struct DeadSelection: ParsableArguments {
    @Argument(help: ArgumentHelp("Numbers of dead letters, as `dead list` shows them.", valueName: "number"))
    var numbers: [Int64] = []

    @Flag(help: "All of them.")
    var all = false

    func validate() throws {
        if numbers.isEmpty != all {
            throw ValidationError("give either numbers of dead letters or --all")
        }
    }

    /// nil means all.
    var ids: [Int64]? { all ? nil : numbers }

    /// 0 when as many as were named are done, 3 when fewer are, 1 when none is.
    func status(done: Int) -> ExitStatus {
        if all || done >= Set(numbers).count { return .done }
        return done == 0 ? .failed : .partlyDone
    }
}
