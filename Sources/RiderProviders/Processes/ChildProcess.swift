import CLinux
import Glibc

/// A child process with pipes to its three standard streams. It belongs to one thread, which may block.
///
/// It runs in a process group of its own, so that an interrupt in the terminal does not reach it and a kill reaches its
/// children too.
struct ChildProcess: ~Copyable {
    struct SpawnError: Error, CustomStringConvertible {
        let description: String
    }

    enum Ending: Sendable, Hashable, CustomStringConvertible {
        case exited(Int32)
        case killed(Int32)

        var description: String {
            switch self {
            case .exited(let code): "exit code \(code)"
            case .killed(let signal): "signal \(signal)"
            }
        }
    }

    /// -1 when closed.
    private(set) var input: Int32
    let output: Int32
    let errors: Int32
    private let id: pid_t

    /// - Parameter command: the program's path, or a name to be found in PATH, and its arguments. No shell is involved.
    init(_ command: [String]) throws(SpawnError) {
        guard let program = command.first, !program.isEmpty else {
            throw SpawnError(description: "no command is configured")
        }
        var pipes: [(read: Int32, write: Int32)] = []
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            guard rider_pipe(&ends) == 0 else {
                for pipe in pipes { _ = (close(pipe.read), close(pipe.write)) }
                throw SpawnError(description: "no pipe: \(String(cString: strerror(errno)))")
            }
            pipes.append((ends[0], ends[1]))
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipes[0].read, 0)
        posix_spawn_file_actions_adddup2(&actions, pipes[1].write, 1)
        posix_spawn_file_actions_adddup2(&actions, pipes[2].write, 2)

        // This thread has all signals blocked; the child must not inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setpgroup(&attributes, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        posix_spawnattr_setflags(&attributes, Int16(flags))

        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var id = pid_t()
        let code = posix_spawnp(&id, program, &actions, &attributes, arguments, environ)
        close(pipes[0].read)
        close(pipes[1].write)
        close(pipes[2].write)
        guard code == 0 else {
            _ = (close(pipes[0].write), close(pipes[1].read), close(pipes[2].read))
            throw SpawnError(description: "\(program): \(String(cString: strerror(code)))")
        }
        self.id = id
        input = pipes[0].write
        output = pipes[1].read
        errors = pipes[2].read
        for descriptor in [input, output, errors] { _ = fcntl(descriptor, F_SETFL, O_NONBLOCK) }
    }

    /// Tells the process that nothing more will come.
    mutating func closeInput() {
        if input >= 0 { close(input) }
        input = -1
    }

    /// Ends the process group at once.
    func kill() {
        _ = Glibc.kill(-id, SIGKILL)
    }

    /// Kills what is left of it, waits for its end and closes the pipes.
    ///
    consuming func reap() -> Ending {
        kill()
        var status: Int32 = 0
        while waitpid(id, &status, 0) < 0, errno == EINTR {}
        closeInput()
        close(output)
        close(errors)
        let signal = status & 0x7F
        return signal == 0 ? .exited((status >> 8) & 0xFF) : .killed(signal)
    }
}
