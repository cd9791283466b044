"""History sent again: how fast, how exactly paced, and what live messages, memory and disk notice of it."""
import json
import os
import random
import subprocess
import threading
import time
import urllib.request

import zmq

from .figures import Figure
from .program import BENCHMARKS, RIDER, Subscriber, figures_of, limit, start
from .worker import World, free_port, percentile, resident_mib

ROWS = 100_000
LIVE_PER_SECOND, LIVE_SECONDS = 50, 10
GAPS = 60
FIGURES = [
    Figure("replay in C", "messages/s", more_is_better=True),
    Figure("replay --rate max", "messages/s", more_is_better=True, target=100_000, neighbour="replay in C"),
    Figure("replay --rate 200/s, off by", "%", target=5),
    Figure("replay --rate 1x, gap off by at most", "ms", target=5),
    Figure("live p99 alone", "ms"),
    Figure("live p99 beside replay", "ms", neighbour="live p99 alone"),
    Figure("resident, replay of 100,000 rows added", "MiB"),
    Figure("write-ahead log beside replay, at most", "MiB", target=16),
]


def run(figures, folder):
    world = World(folder, RIDER_TELEMETRY_CATCH_UP="off", RIDER_METRICS_SAMPLE_SECONDS="0")
    figures_of([
        BENCHMARKS, "journal", "--directory", os.path.join(folder, "data"), "--rows", str(ROWS), "--batch", "1000",
        "--bytes", "400"])
    figures.add("replay in C", in_c(os.path.join(folder, "data/journal.db")))
    flat_out(figures, world)
    worker, _ = world.start()
    try:
        beside_live(figures, world, worker)
        paced(figures, world)
    except KeyboardInterrupt:
        Live.interrupted.set()
        raise
    finally:
        for thread in threading.enumerate():
            if isinstance(thread, Live):
                thread.join()
        world.stop(worker)


def replay(world, *options):
    """The last line of progress of a replay."""
    output = subprocess.run(
        [RIDER, "replay", "--json", *options], env=world.environment, cwd=world.folder, stdout=subprocess.PIPE,
        check=True, timeout=600).stdout
    return [json.loads(line) for line in output.splitlines()]


def sending_seconds(lines):
    """Without the wait for the subscriber."""
    begin = max((line["elapsed_seconds"] for line in lines if line["sent"] == 0), default=0)
    return lines[-1]["elapsed_seconds"] - begin


def in_c(journal):
    """Messages a second of a program that reads the same rows, and sends them unmarked."""
    port = free_port()
    with Subscriber(port) as subscriber:
        measured = figures_of([limit("replay"), "--file", journal, "--port", str(port)])
        came = subscriber.stop()
    if came != ROWS:
        raise SystemExit(f"bench: {came:,} of {ROWS:,} messages of the C program came")
    return measured["messages_per_second"]


def flat_out(figures, world):
    port = free_port()
    with Subscriber(port) as subscriber:
        lines = replay(
            world, "--since", "seq:1", "--rate", "max", "--to", f"bind://127.0.0.1:{port}")
        came = subscriber.stop()
    if came != ROWS:
        raise SystemExit(f"bench: {came:,} of {ROWS:,} replayed messages came")
    figures.add("replay --rate max", ROWS / sending_seconds(lines))


class Live(threading.Thread):
    """Puts tasks in at a steady rate, and measures until their telemetry is here."""
    interrupted = threading.Event()

    def __init__(self, world):
        super().__init__()
        self.world, self.times = world, []
        self.socket = zmq.Context.instance().socket(zmq.SUB)
        self.socket.setsockopt(zmq.SUBSCRIBE, b"telemetry.text")
        self.socket.setsockopt(zmq.RCVHWM, 0)
        self.socket.connect(f"tcp://127.0.0.1:{world.telemetry}")

    def run(self):
        begun, stop = {}, time.monotonic() + LIVE_SECONDS
        number, due = 0, time.monotonic()
        while not self.interrupted.is_set() and (
                time.monotonic() < stop or begun and time.monotonic() < stop + 2):
            if due <= time.monotonic() < stop:
                due += 1 / LIVE_PER_SECOND
                number += 1
                name = f"live-{id(self)}-{number}"
                begun[name] = time.monotonic()
                self.post(name)
            if self.socket.poll(1):
                body = json.loads(self.socket.recv_multipart()[1])
                if "replay" not in body["_rider"] and body["task_id"] in begun:
                    self.times.append((time.monotonic() - begun.pop(body["task_id"])) * 1000)

    def post(self, name):
        body = json.dumps({"task_id": name, "task_type": "text.nlu", "payload": {"text": "stop"}}).encode()
        urllib.request.urlopen(urllib.request.Request(
            f"http://127.0.0.1:{self.world.http}/api/tasks", body, {"Content-Type": "application/json"})).read()


def live_p99(world):
    live = Live(world)
    live.start()
    live.join()
    live.socket.close()
    return percentile(live.times, 0.99)


def beside_live(figures, world, worker):
    live_p99(world)
    figures.add("live p99 alone", live_p99(world))
    before, largest, log = resident_mib(worker.pid), 0, 0
    sending = start(
        [RIDER, "replay", "--since", "seq:1", "--until", f"seq:{ROWS}", "--rate", "8000/s", "--json"],
        env=world.environment, cwd=world.folder, stdout=subprocess.DEVNULL)
    live = Live(world)
    live.start()
    path = os.path.join(world.folder, "data", "journal.db-wal")
    while live.is_alive():
        largest = max(largest, resident_mib(worker.pid))
        log = max(log, os.path.getsize(path) if os.path.exists(path) else 0)
        time.sleep(0.1)
    live.socket.close()
    figures.add("live p99 beside replay", percentile(live.times, 0.99))
    figures.add("resident, replay of 100,000 rows added", largest - before)
    figures.add("write-ahead log beside replay, at most", log / 2**20)
    sending.terminate()
    sending.wait(timeout=60)


def paced(figures, world):
    first = world.query("SELECT max(seq) FROM result")[0] + 1
    live = Live(world)
    for number in range(GAPS):
        live.post(f"gap-{number}")
        time.sleep(random.uniform(0.005, 0.1))
    live.socket.close()
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.setsockopt(zmq.SUBSCRIBE, b"telemetry.text")
    socket.connect(f"tcp://127.0.0.1:{world.telemetry}")
    came = []

    def listen():
        while len(came) < GAPS and socket.poll(30_000):
            arrival, (_, body) = time.monotonic(), socket.recv_multipart()
            came.append((arrival, json.loads(body)["_rider"]["ts"]))

    listener = threading.Thread(target=listen)
    listener.start()
    replay(world, "--since", f"seq:{first}", "--rate", "1x")
    listener.join()
    socket.close()
    gaps = [(later[0] - earlier[0], later[1] - earlier[1]) for earlier, later in zip(came, came[1:])]
    figures.add("replay --rate 1x, gap off by at most", max(abs(now - then) for now, then in gaps) * 1000)

    listener = Live(world)
    lines = replay(world, "--since", "seq:1", "--until", "seq:1000", "--rate", "200/s")
    listener.socket.close()
    # The first one goes at once.
    rate = (lines[-1]["sent"] - 1) / sending_seconds(lines)
    figures.add("replay --rate 200/s, off by", abs(rate / 200 - 1) * 100)
