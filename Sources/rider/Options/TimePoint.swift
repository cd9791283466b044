import ArgumentParser
import RiderModel

/// A point of time on the command line: `2h`, `2026-11-24`, Unix seconds.
struct TimePoint: ExpressibleByArgument, Sendable {
    var expression: TimeExpression

    init?(argument: String) {
        guard let expression = try? TimeExpression(parsing: argument) else { return nil }
        self.expression = expression
    }

    var resolved: UnixTime { expression.resolved(now: TimeSource.system.wall()) }
}
