import ArgumentParser
import RiderModel

/// Which domains a command is about.
struct DomainSelection: ParsableArguments {
    @Argument(help: ArgumentHelp("Domains.", valueName: "domain"))
    var names: [Domain] = []

    @Flag(help: "All of them.")
    var all = false

    func validate() throws {
        if names.isEmpty != all { throw ValidationError("give either domains (voice, vision, text) or --all") }
    }

    var domains: Set<Domain> { all ? Set(Domain.allCases) : Set(names) }
}

extension Domain: ExpressibleByArgument {}
