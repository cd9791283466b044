import Foundation
import TestSupport

extension ForeignProcess {
    /// A program of the folder `Python`.
    convenience init(_ name: String, _ arguments: [String] = [], environment: [String: String] = [:]) throws {
        let folder = Bundle.module.bundleURL.appendingPathComponent("Python")
        try self.init(script: folder.appendingPathComponent(name).path, arguments, environment: environment)
    }
}
