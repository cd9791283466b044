"""What a worker costs: start, idle, and at 100 tasks a second."""
import json
import time
import urllib.request

from .figures import Figure
from .worker import World, processor_seconds, resident_mib

IDLE_SECONDS = 10
FIGURES = [
    Figure("start to ready", "ms", target=200),
    Figure("idle CPU", "%", target=0.3),
    Figure("idle resident", "MiB", target=48),
    Figure("CPU at 100 tasks/s", "%", target=3),
]


def run(figures, folder):
    world = World(folder)
    worker, ready = world.start()
    figures.add("start to ready", ready * 1000)
    time.sleep(1)
    figures.add("idle CPU", share(worker, lambda: time.sleep(IDLE_SECONDS)))
    figures.add("idle resident", resident_mib(worker.pid))
    figures.add("CPU at 100 tasks/s", share(worker, lambda: offer(world, seconds=5)))
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
