"""An idle worker on Redis, one task at a time: how soon it starts, and how soon its telemetry is at a subscriber, journal at FULL.

Beside it a worker in C that knows BRPOP, one commit and one send, with the journal's schema; and the same worker with the program's
own scripts, which claims with a lease and acknowledges before it sends. All take turns within a run, and one program in C pushes
for all of them. Redis and the subscriber share the first core, workers the last one; for the start the one who pushes is there
as well.
"""
import json
import os
import shutil
import subprocess

from . import redis
from .figures import Figure
from .program import BENCHMARKS, figures_of, limit, pinned, schema_file, start
from .worker import World, free_port, percentile

TURNS, TASKS = 10, 30


def figures_named(name):
    bare, same = f"{name} in C", f"{name} in C, same scripts"
    return [
        *(Figure(f"{who} {share}", "ms") for who in (bare, same) for share in ("p50", "p99")),
        Figure(f"{name} p50", "ms", neighbour=f"{bare} p50", ratio_target=1.5),
        Figure(f"{name} p99", "ms", neighbour=f"{bare} p99"),
    ]


FIGURES = [*figures_named("idle, push to start"), *figures_named("push to telemetry")]


def run(figures, folder):
    if not shutil.which("redis-server"):
        return "redis-server is not installed"
    cores = sorted(os.sched_getaffinity(0))
    with redis.server(folder, cores[0]) as socket:
        add(figures, "idle, push to start", starts(folder, socket, cores[-1]))
    with redis.server(folder, cores[0]) as socket:
        add(figures, "push to telemetry", telemetry(folder, socket, cores[0], cores[-1]))


def add(figures, name, samples):
    for who, milliseconds in samples.items():
        figures.add(f"{name}{who} p50", percentile(milliseconds, 0.5) / 1000)
        figures.add(f"{name}{who} p99", percentile(milliseconds, 0.99) / 1000)


class BareWorker:
    """The worker in C, with BRPOP or with the program's scripts."""

    def __init__(self, folder, socket, core, has_scripts, *options):
        self.socket = socket
        self.push_script = redis.script_file(folder, "push_one") if has_scripts else None
        scripts = ["--script", redis.script_file(folder, "cycle")] if has_scripts else []
        self.process = start(
            pinned(core, [limit("brpop"), "--socket", socket, *scripts, *options]), stdout=subprocess.PIPE)

    def end(self):
        """Gives the microseconds from each push to its start; the first ten wake everybody up."""
        if self.push_script:
            command = ["--eval", self.push_script, "{rider}", ",", "1000000", "end", "text.nlu", "5", "0", "{}"]
        else:
            command = ["lpush", "bench:tasks", "end"]
        subprocess.run(["redis-cli", "-s", self.socket, *command], stdout=subprocess.DEVNULL, check=True)
        return json.loads(self.process.communicate(timeout=30)[0])["took_us"][10:]


def push(socket, core, script, *options):
    scripts = ["--script", script] if script else []
    return pinned(core, [limit("push"), "--socket", socket, "--tasks", str(TASKS), *scripts, *options])


def starts(folder, socket, core):
    """Microseconds until the start, by who works."""
    samples = {" in C": [], " in C, same scripts": [], "": []}
    script = redis.script_file(folder, "push_one")
    for _ in range(TURNS):
        for who, has_scripts in ((" in C", False), (" in C, same scripts", True)):
            worker = BareWorker(folder, socket, core, has_scripts)
            subprocess.run(push(socket, core, worker.push_script), check=True, timeout=60)
            samples[who] += worker.end()
        worker = start(
            pinned(core, [BENCHMARKS, "start", "--socket", socket, "--tasks", str(TASKS)]), stdout=subprocess.PIPE)
        subprocess.run(push(socket, core, script), check=True, timeout=60)
        samples[""] += json.loads(worker.communicate(timeout=30)[0])["took_us"]
    return samples


def telemetry(folder, socket, core, worker_core):
    """Microseconds until the telemetry is here, by who works."""
    samples = {" in C": [], " in C, same scripts": [], "": []}
    script = redis.script_file(folder, "push_one")
    for turn in range(TURNS):
        for who, has_scripts in ((" in C", False), (" in C, same scripts", True)):
            port, database = str(free_port()), os.path.join(folder, f"c-{has_scripts}-{turn}.db")
            worker = BareWorker(
                folder, socket, worker_core, has_scripts, "--port", port, "--file", database, "--schema",
                schema_file(folder, "journal"))
            samples[who] += figures_of(push(socket, core, worker.push_script, "--port", port))["took_us"]
            worker.end()
        world = World(
            os.path.join(folder, f"own-{turn}"), RIDER_QUEUE_BACKEND="redis", RIDER_REDIS_SOCKET=socket)
        worker, _ = world.start(worker_core)
        samples[""] += figures_of(push(socket, core, script, "--port", str(world.telemetry)))["took_us"]
        world.stop(worker)
    return samples
