/// The publisher has ended.
public struct ReplayOutletClosed: Error, Sendable, CustomStringConvertible {
    public init() {}

    public var description: String { "the publisher has ended" }
}
