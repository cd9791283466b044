import FoundationEssentials
import Glibc
import Logging
import RiderHTTP
import RiderModel

/// Where a running worker serves HTTP: a file beside its journal, so that `rider replay` finds it whatever its port is.
struct WorkerAddress {
    static let fileName = "worker.json"

    /// Such as `http://127.0.0.1:8000`, under which this machine reaches it.
    let url: String

    init(_ address: ListeningAddress) {
        // Every address of this machine is no address to connect to.
        let host = ["0.0.0.0": "127.0.0.1", "::": "::1"][address.host] ?? address.host
        url = ListeningAddress(host: host, port: address.port).description
    }

    /// - Returns: nil when no worker has left an address there.
    init?(in directory: String) {
        guard let bytes = try? Data(contentsOf: URL(filePath: directory + "/" + Self.fileName)),
            let url = (try? JSONValue(parsing: Array(bytes)))?["url"]?.string
        else { return nil }
        self.url = url
    }

    /// Without it commands cannot find the worker, which is no reason not to work.
    func write(in directory: String, logger: Logger) {
        let path = directory + "/" + Self.fileName
        let text = JSONValue.object([.init("url", .string(url)), .init("process", .integer(Int64(getpid())))]).encoded
        let descriptor = open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        defer { if descriptor >= 0 { close(descriptor) } }
        let written = descriptor >= 0 ? Glibc.write(descriptor, text, text.count) : -1
        if written != text.count || rename(path + ".new", path) != 0 {
            logger.warning(
                "commands will not find this worker",
                metadata: ["file": "\(path)", "error": "\(String(cString: strerror(errno)))"])
        }
    }

    static func remove(in directory: String) {
        unlink(directory + "/" + fileName)
    }
}
