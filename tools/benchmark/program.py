"""The programs that are measured, and the C programs beside them."""
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
}


def build(*products):
    for product in products:
        subprocess.run(
            ["swift", "build", "-c", "release", "--product", product], cwd=ROOT, check=True, stdout=2)


def limit(name):
    """The path of a C program of limits/, compiled when its source is newer."""
    source, program = os.path.join(LIMITS_SOURCES, name + ".c"), os.path.join(LIMITS, name)
    if not os.path.exists(program) or os.path.getmtime(program) < os.path.getmtime(source):
        os.makedirs(LIMITS, exist_ok=True)
        subprocess.run(
            ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", program, source, "-lpthread", *LIBRARIES[name]],
            check=True)
    return program


def figures_of(command, **options):
    """Runs a program that prints one JSON object of figures and ends."""
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=900, **options).stdout
    return json.loads(output)


class Subscriber:
    """A listener in C that counts what it gets; without one a publisher throws everything away."""

    def __init__(self, port):
        self.process = subprocess.Popen(
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
