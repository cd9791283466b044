"""An idle worker on Redis, one task at a time: how soon it starts, and how soon its telemetry is at a subscriber, journal at FULL.

Beside it a worker in C that knows BRPOP, one commit and one send, with the journal's schema. Both take turns within a run.
Redis and the subscriber share the first core, workers the last one; for the start the one who pushes is there as well.
"""
import json
import os
import shutil
import subprocess

from . import redis
from .figures import Figure
from .program import BENCHMARKS, figures_of, journal_schema, limit, pinned, start
from .worker import World, free_port, percentile

TURNS, TASKS = 10, 30
FIGURES = [
    Figure("idle, push to start in C p50", "ms"),
    Figure("idle, push to start in C p99", "ms"),
    Figure("idle, push to start p50", "ms", neighbour="idle, push to start in C p50", ratio_target=1.5),
    Figure("idle, push to start p99", "ms", neighbour="idle, push to start in C p99"),
    Figure("push to telemetry in C p50", "ms"),
    Figure("push to telemetry in C p99", "ms"),
    Figure("push to telemetry p50", "ms", neighbour="push to telemetry in C p50", ratio_target=1.5),
    Figure("push to telemetry p99", "ms", neighbour="push to telemetry in C p99"),
]


def run(figures, folder):
    if not shutil.which("redis-server"):
        return "redis-server is not installed"
    cores = sorted(os.sched_getaffinity(0))
    with redis.server(folder, cores[0]) as socket:
        add(figures, "idle, push to start", *starts(socket, cores[-1]))
    with redis.server(folder, cores[0]) as socket:
        add(figures, "push to telemetry", *telemetry(folder, socket, cores[0], cores[-1]))


def add(figures, name, bare, own):
    for label, samples in ((f"{name} in C", bare), (name, own)):
        figures.add(f"{label} p50", percentile(samples, 0.5) / 1000)
        figures.add(f"{label} p99", percentile(samples, 0.99) / 1000)


def starts(socket, core):
    """Microseconds until the start, of the C program and of rider's worker."""
    bare, own = [], []
    for _ in range(TURNS):
        worker = start(pinned(core, [limit("brpop"), "--socket", socket]), stdout=subprocess.PIPE)
        subprocess.run(
            pinned(core, [limit("push"), "--socket", socket, "--tasks", str(TASKS)]), check=True, timeout=60)
        # The first ten wake everybody up.
        bare += ended(worker, socket)[10:]
        own += figures_of(
            pinned(core, [BENCHMARKS, "start", "--socket", socket, "--tasks", str(TASKS)]))["took_us"]
    return bare, own


def ended(worker, socket):
    subprocess.run(["redis-cli", "-s", socket, "lpush", "bench:tasks", "end"], stdout=subprocess.DEVNULL, check=True)
    return json.loads(worker.communicate(timeout=30)[0])["took_us"]


def telemetry(folder, socket, core, worker_core):
    """Microseconds until the telemetry is here, of the C program and of rider's worker."""
    port, script = free_port(), redis.script_file(folder, "push_one")
    bare_worker = start(
        pinned(worker_core, [
            limit("brpop"), "--socket", socket, "--port", str(port), "--file", os.path.join(folder, "c.db"), "--schema",
            journal_schema(folder)]), stdout=subprocess.PIPE)
    world = World(os.path.join(folder, "own"), RIDER_QUEUE_BACKEND="redis", RIDER_REDIS_SOCKET=socket)
    worker, _ = world.start(worker_core)
    push = pinned(core, [limit("push"), "--socket", socket, "--tasks", str(TASKS), "--port"])
    bare, own = [], []
    for _ in range(TURNS):
        bare += figures_of([*push, str(port)])["took_us"]
        own += figures_of([*push, str(world.telemetry), "--script", script])["took_us"]
    ended(bare_worker, socket)
    world.stop(worker)
    return bare, own
