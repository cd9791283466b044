"""One task at a time over HTTP to an idle worker, until its telemetry is at a subscriber; and to a worker in C."""
import json
import os
import time
import urllib.request

import zmq

from .figures import Figure
from .worker import World, percentile
from .worker_in_c import WorkerInC

TASKS = 500
FIGURES = [
    Figure("HTTP to telemetry in C p50", "ms"),
    Figure("HTTP to telemetry in C p99", "ms"),
    Figure("HTTP to telemetry p50", "ms", target=5, neighbour="HTTP to telemetry in C p50"),
    Figure("HTTP to telemetry p99", "ms", target=20, neighbour="HTTP to telemetry in C p99"),
]


def run(figures, folder):
    for name, world in (
            ("HTTP to telemetry in C", WorkerInC(os.path.join(folder, "c"))), ("HTTP to telemetry", World(folder))):
        times = round_trips(world)
        figures.add(f"{name} p50", percentile(times, 0.5))
        figures.add(f"{name} p99", percentile(times, 0.99))


def round_trips(world):
    """Milliseconds that each of the tasks took."""
    worker, _ = world.start()
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.setsockopt(zmq.SUBSCRIBE, b"telemetry.text")
    socket.connect(f"tcp://127.0.0.1:{world.telemetry}")
    url = f"http://127.0.0.1:{world.http}/api/tasks"

    def round_trip(number):
        body = json.dumps({"task_id": f"l{number}", "task_type": "text.nlu", "payload": {"text": "stop"}}).encode()
        begin = time.monotonic()
        urllib.request.urlopen(urllib.request.Request(url, body, {"Content-Type": "application/json"})).read()
        while socket.poll(2000):
            _, message = socket.recv_multipart()
            if json.loads(message)["task_id"] == f"l{number}":
                return (time.monotonic() - begin) * 1000
        return None

    number = 0
    # Until the subscription has arrived.
    while round_trip(number := number + 1) is None:
        pass
    times = [round_trip(number + index) for index in range(1, TASKS + 1)]
    if None in times:
        raise SystemExit("bench: telemetry of a task did not come within 2 s")
    socket.close(linger=0)
    world.stop(worker)
    return times
