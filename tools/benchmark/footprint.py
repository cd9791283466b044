"""What a worker costs: start, idle, and at 100 tasks a second; and a worker in C."""
import json
import os
import time
import urllib.request

from .figures import Figure
from .worker import World, processor_seconds, resident_mib
from .worker_in_c import WorkerInC

IDLE_SECONDS = 10
# What it is called, its unit, what it must reach.
MEASURED = (
    ("start to ready", "ms", 200), ("idle CPU", "%", 0.3), ("idle resident", "MiB", 48), ("CPU at 100 tasks/s", "%", 3))
FIGURES = [
    figure for name, unit, target in MEASURED
    for figure in (Figure(f"{name} in C", unit), Figure(name, unit, target=target, neighbour=f"{name} in C"))]


def run(figures, folder):
    for who, world in ((" in C", WorkerInC(os.path.join(folder, "c"))), ("", World(folder))):
        worker, ready = world.start()
        figures.add("start to ready" + who, ready * 1000)
        time.sleep(1)
        figures.add("idle CPU" + who, share(worker, lambda: time.sleep(IDLE_SECONDS)))
        figures.add("idle resident" + who, resident_mib(worker.pid))
        figures.add("CPU at 100 tasks/s" + who, share(worker, lambda: offer(world, seconds=5)))
        world.stop(worker)


def share(worker, what):
    before, begin = processor_seconds(worker.pid), time.monotonic()
    what()
    return (processor_seconds(worker.pid) - before) / (time.monotonic() - begin) * 100


def offer(world, seconds):
    """Ten tasks at once, ten times a second."""
    url, begin = f"http://127.0.0.1:{world.http}/api/tasks", time.monotonic()
    for turn in range(seconds * 10):
        tasks = [{"task_id": f"f{turn}-{number}", "task_type": "text.nlu", "payload": {"text": "stop"}}
                 for number in range(10)]
        urllib.request.urlopen(urllib.request.Request(
            url, json.dumps(tasks).encode(), {"Content-Type": "application/json"})).read()
        time.sleep(max(0, begin + (turn + 1) / 10 - time.monotonic()))
