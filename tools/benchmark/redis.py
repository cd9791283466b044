"""The queue in Redis: drained by one worker and by two, filled in batches, and one task at a time.

Redis is a server of the scenario's own on a unix socket, without a file. Drains are measured by the journals' own times, at FULL.
Single enqueues, LPUSHes of a C program, and the program's own script called from C take turns, all pinned to the last core and
Redis to the first one.
"""
import contextlib
import os
import shutil
import statistics
import subprocess
import time

from .figures import Figure
from .program import BENCHMARKS, ROOT, Subscriber, figures_of, limit, pinned, schema_file, start
from .worker import PATIENCE_SECONDS, World, free_port

TASKS, LARGE = 50_000, 2_000
# Each turn begins with an empty queue, whose tables Redis makes larger all the time at first.
TURNS, SINGLE = 10, 2_000
FIGURES = [
    Figure("Redis, enqueue in C", "tasks/s", more_is_better=True),
    Figure(
        "Redis, enqueue in JSON lines", "tasks/s", more_is_better=True, target=50_000,
        neighbour="Redis, enqueue in C"),
    Figure("Redis drain in C", "tasks/s", more_is_better=True),
    Figure("Redis drain, one worker", "tasks/s", more_is_better=True, target=30_000, neighbour="Redis drain in C"),
    Figure("Redis drain, two workers", "tasks/s", more_is_better=True, neighbour="Redis drain in C"),
    Figure(
        "Redis drain, engine that does nothing", "tasks/s", more_is_better=True, target=40_000,
        neighbour="Redis drain in C", ratio_target=0.7),
    Figure("Redis drain in C, 64 KiB bodies", "tasks/s", more_is_better=True),
    Figure("Redis drain, 64 KiB bodies", "tasks/s", more_is_better=True, neighbour="Redis drain in C, 64 KiB bodies"),
    Figure("LPUSH in C p50", "µs"),
    Figure("LPUSH in C p99", "µs"),
    Figure("single enqueue in C, same script p50", "µs"),
    Figure("single enqueue in C, same script p99", "µs"),
    Figure("Redis, single enqueue p50", "µs", neighbour="LPUSH in C p50", ratio_target=1.5),
    Figure("Redis, single enqueue p99", "µs", neighbour="LPUSH in C p99"),
]


def run(figures, folder):
    if not shutil.which("redis-server"):
        return "redis-server is not installed"
    with server(folder) as socket:
        figures.add("Redis, enqueue in JSON lines", TASKS / drain(figures, folder, socket, "one worker", 1))
        drain(figures, folder, socket, "two workers", 2)
        drain(figures, folder, socket, "engine that does nothing", 1, RIDER_TEXT_NLU_ENGINES="mock")
        drain(figures, folder, socket, "64 KiB bodies", 1, tasks=LARGE, payload_bytes=65_536)
    with server(folder) as socket:
        figures.add("Redis drain in C", drain_in_c(folder, socket, "c"))
        figures.add("Redis drain in C, 64 KiB bodies", drain_in_c(folder, socket, "c-large", LARGE, 65_536))
        measured = figures_of([
            limit("lpush"), "--socket", socket, "--tasks", str(TASKS), "--bytes", "200", "--script",
            script_file(folder, "push"), "--batch"])
        figures.add("Redis, enqueue in C", measured["tasks_per_second"])
    cores = sorted(os.sched_getaffinity(0))
    with server(folder, cores[0]) as socket:
        script = ["--script", script_file(folder, "push_one")]
        commands = {
            "LPUSH in C": [limit("lpush")], "single enqueue in C, same script": [limit("lpush"), *script],
            "Redis, single enqueue": [BENCHMARKS, "enqueue"]}
        options = ["--socket", socket, "--tasks", str(SINGLE), "--bytes", "200"]
        turns = [
            {name: figures_of(pinned(cores[-1], [*command, *options])) for name, command in commands.items()}
            for _ in range(TURNS)]
        for name in commands:
            for share in ("p50", "p99"):
                figures.add(f"{name} {share}", statistics.median(turn[name][share + "_us"] for turn in turns))


@contextlib.contextmanager
def server(folder, core=None):
    socket = os.path.join(folder, "redis.sock")
    process = start(
        pinned(core, [
            "redis-server", "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", "", "--appendonly", "no"]),
        stdout=subprocess.DEVNULL)
    try:
        while subprocess.run(
                ["redis-cli", "-s", socket, "ping"], stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout != b"PONG\n":
            if process.poll() is not None:
                raise SystemExit("bench: redis-server does not start")
            time.sleep(0.01)
        yield socket
    finally:
        process.kill()
        process.wait()


def drain_in_c(folder, socket, name, tasks=TASKS, payload_bytes=0):
    world = World(os.path.join(folder, name), RIDER_QUEUE_BACKEND="redis", RIDER_REDIS_SOCKET=socket)
    world.enqueue(tasks, payload_bytes)
    script, port = script_file(folder, "cycle"), free_port()
    with Subscriber(port) as subscriber:
        measured = figures_of([
            limit("drain"), "--socket", socket, "--script", script, "--file", os.path.join(folder, name + ".db"), "--schema",
            schema_file(folder, "journal"), "--port", str(port), "--tasks", str(tasks)])
        came = subscriber.stop()
    if came != tasks:
        raise SystemExit(f"bench: the C program published {tasks:,} results, {came:,} came")
    return measured["tasks_per_second"]


def loaded_script(name):
    """A script as the program loads it: its first line, the clock, what scripts share, the rest."""
    def text(part):
        with open(os.path.join(ROOT, "Sources/RiderRedis/Scripts", part + ".lua")) as file:
            return file.read()

    first, _, rest = text(name).partition("\n")
    shared = text("layout") + ("" if name == "push_one" else text("tasks"))
    return f"{first}\n{text('clock')}\n{shared}\n{rest}"


def script_file(folder, name):
    path = os.path.join(folder, name + ".lua")
    with open(path, "w") as file:
        file.write(loaded_script(name))
    return path


def drain(figures, folder, socket, name, count, tasks=TASKS, payload_bytes=0, **settings):
    """Gives the seconds that putting the tasks in took."""
    worlds = [
        World(
            os.path.join(folder, f"{name} {number}"), RIDER_QUEUE_BACKEND="redis", RIDER_REDIS_SOCKET=socket,
            RIDER_WORKER_NAME=f"bench{number}", **settings)
        for number in range(count)]
    took = worlds[0].enqueue(tasks, payload_bytes)
    workers = [world.start()[0] for world in worlds]
    end = time.monotonic() + PATIENCE_SECONDS
    while sum(world.results() for world in worlds) < tasks:
        if time.monotonic() > end:
            raise SystemExit("bench: gave up waiting for results")
        time.sleep(0.02)
    spans = [world.query("SELECT min(recorded_at), max(recorded_at) FROM result WHERE topic <> 4") for world in worlds]
    first, last = min(span[0] or last_of(spans) for span in spans), last_of(spans)
    figures.add(f"Redis drain, {name}", tasks / max(0.001, (last - first) / 1000))
    for world, worker in zip(worlds, workers):
        world.stop(worker)
    return took


def last_of(spans):
    return max(span[1] or 0 for span in spans)
