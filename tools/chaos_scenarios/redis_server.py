"""A redis-server on a unix socket of its own, which can be killed, frozen and started again."""
import os
import signal
import socket
import subprocess
import time


class Connection:
    """Just enough of the protocol to ask a server a few things."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile("rwb")

    def send(self, *arguments):
        data = b"*%d\r\n" % len(arguments)
        for argument in arguments:
            text = str(argument).encode()
            data += b"$%d\r\n%s\r\n" % (len(text), text)
        self.file.write(data)
        self.file.flush()

    def ask(self, *arguments):
        self.send(*arguments)
        return self.reply()

    def reply(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server has gone")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise ConnectionError(rest.decode())
        if kind == b"*":
            return [self.reply() for _ in range(int(rest))]
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2].decode()
        return int(rest) if kind == b":" else rest.decode()

    def close(self):
        self.file.close()
        self.socket.close()


class RedisServer:
    """Its data survive a kill: append-only file, synced before each answer."""

    def __init__(self, folder):
        self.folder = folder
        self.path = os.path.join(folder, "redis.sock")
        self.process = None

    def start(self, prepare=lambda path: None):
        """`prepare` is called with the socket's path while nobody else can have connected yet."""
        new = self.path + ".new"
        self.process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", new, "--dir", self.folder, "--save", "",
             "--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "noeviction"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while True:
            try:
                connection = Connection(new)
                connection.ask("PING")
                connection.close()
                break
            except (OSError, ConnectionError):
                if self.process.poll() is not None or time.monotonic() > end:
                    raise SystemExit("chaos: redis-server does not start")
                time.sleep(0.01)
        prepare(new)
        os.rename(new, self.path)

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def freeze(self, seconds):
        self.process.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.process.send_signal(signal.SIGCONT)
