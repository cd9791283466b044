"""The programs that are measured, and the C programs beside them."""
import glob
import json
import os
import signal
import subprocess

TOOLS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(TOOLS)
RELEASE = os.path.join(ROOT, ".build/release")
RIDER = os.path.join(RELEASE, "rider")
BENCHMARKS = os.path.join(RELEASE, "rider-benchmarks")
LIMITS_SOURCES = os.path.join(TOOLS, "benchmark/limits")
LIMITS = os.path.join(ROOT, ".build/benchmark-limits")
COUNTS = os.path.join(ROOT, ".build/benchmark-counts")
# What each C program is linked with.
LIBRARIES = {
    "publish": ["-lzmq"],
    "subscriber": ["-lzmq"],
    "journal": ["-lsqlite3"],
    "lpush": ["-lhiredis"],
    "drain": ["-lhiredis", "-lsqlite3", "-lzmq"],
    "brpop": ["-lhiredis", "-lsqlite3", "-lzmq"],
    "push": ["-lhiredis", "-lzmq"],
    "metrics": [],
    "relay": ["-lzmq"],
    "replay": ["-lsqlite3", "-lzmq"],
    "samples": ["-lsqlite3"],
    "worker": ["-lsqlite3", "-lzmq"],
}


# Started and not known to have ended.
_running = []


def start(command, **options):
    """Starts a program that goes on beside this one; it is ended with the scenario at the latest, and not by Ctrl-C itself."""
    process = subprocess.Popen(command, start_new_session=True, **options)
    _running.append(process)
    return process


def end_all():
    """Asks what still runs to end, and ends what does not: a worker has programs of its own to see to."""
    for process in _running:
        if process.poll() is None:
            process.terminate()
    for process in _running:
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    _running.clear()


def pinned(core, command):
    return command if core is None else ["taskset", "-c", str(core), *command]


# As tools/run builds them; only that rider-benchmarks keeps the names of its functions, which callgrind shows.
OPTIONS = ["-c", "release", "--static-swift-stdlib", "-Xswiftc", "-use-ld=lld"]
LINKER = {"rider": ["-Xlinker", "-s"]}


def build(*products):
    for product in products:
        subprocess.run(
            ["swift", "build", *OPTIONS, "--product", product, *LINKER.get(product, [])], cwd=ROOT, check=True, stdout=2)


def limit(name):
    """The path of a C program of limits/, compiled when its source or a header is newer."""
    source, program = os.path.join(LIMITS_SOURCES, name + ".c"), os.path.join(LIMITS, name)
    sources = [source, *glob.glob(os.path.join(LIMITS_SOURCES, "*.h"))]
    if not os.path.exists(program) or os.path.getmtime(program) < max(os.path.getmtime(path) for path in sources):
        os.makedirs(LIMITS, exist_ok=True)
        subprocess.run(
            ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, source, "-lpthread", *LIBRARIES[name]],
            check=True)
    return program


def figures_of(command, **options):
    """Runs a program that prints one JSON object of figures and ends."""
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=900, **options).stdout
    return json.loads(output)


def schema_file(folder, kind):
    """A file with the schema of the program's journal or queue as it has it, for C programs."""
    path = os.path.join(folder, kind + ".sql")
    with open(path, "w") as file:
        for migration in sorted(glob.glob(os.path.join(ROOT, f"migrations/{kind}_*.sql"))):
            with open(migration) as part:
                file.write(part.read() + "\n")
    return path


class Subscriber:
    """A listener in C that counts what it gets; without one a publisher throws everything away."""

    def __init__(self, port):
        self.process = start(
            [limit("subscriber"), f"tcp://127.0.0.1:{port}"], stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def stop(self):
        """Ends it, and says how many messages came."""
        self.process.send_signal(signal.SIGTERM)
        return int(self.process.communicate(timeout=30)[0])

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
