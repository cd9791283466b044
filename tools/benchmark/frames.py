"""Robot frames at 5, 15 and 30 a second through a broker like the robot's: how old a frame is when its telemetry arrives.

A relay in C gets the same frames from the same broker and sends a short message back at once. What a frame's telemetry comes later
than the relay's message is what the program adds; the rest is the broker and the listener, which are Python's. The engine is
the mock, which takes no time. 320x240 JPEG pictures of noise and shapes, as the robot sends them.
"""
import base64
import json
import os
import signal
import subprocess
import threading
import time

import zmq

from .figures import Figure
from .program import TOOLS, limit, start
from .worker import World, free_port, percentile

RELAYED, PUBLISHED = b"bench.relay", b"telemetry.vision"
SECONDS = 8
RATES = (5, 15, 30)
# vision.frame.deadline_ms
DEADLINE_MS = 500
SHARES = {"p50": 0.5, "p99": 0.99}
FIGURES = [
    Figure(
        f"{what} at {rate}/s {share}", "ms",
        target=5 if (what, rate, share) == ("frame, added by the program", 30, "p99") else None)
    for rate in RATES for what in ("frame age, relay in C", "frame age", "frame, added by the program")
    for share in SHARES
] + [Figure("frames without a result", "", target=0), Figure("frames published too late", "", target=0)]


def picture():
    import cv2
    import numpy
    image = numpy.random.default_rng(1).integers(0, 60, (240, 320, 3), dtype=numpy.uint8)
    cv2.rectangle(image, (100, 60), (180, 220), (200, 180, 90), -1)
    return base64.b64encode(cv2.imencode(".jpg", image)[1].tobytes()).decode()


def run(figures, folder):
    try:
        frame = picture()
    except ImportError:
        return "Debian's python3-opencv is not installed"
    publish_port, subscribe_port = free_port(), free_port()
    broker = start(
        ["/usr/bin/python3", os.path.join(TOOLS, "robot/broker.py"), str(publish_port), str(subscribe_port)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    world = World(
        folder, RIDER_ROBOT_HOST="127.0.0.1", RIDER_ROBOT_PUBLISH_PORT=str(publish_port),
        RIDER_ROBOT_SUBSCRIBE_PORT=str(subscribe_port), RIDER_VISION_ENABLED="true",
        RIDER_VISION_ENGINES="mock")
    del world.environment["RIDER_TELEMETRY_ENDPOINT"]
    worker, _ = world.start()
    relay = start([limit("relay"), "--subscribe", str(subscribe_port), "--publish", str(publish_port)])
    context = zmq.Context.instance()
    sender, listener = context.socket(zmq.PUB), context.socket(zmq.SUB)
    sender.connect(f"tcp://127.0.0.1:{publish_port}")
    for topic in (RELAYED, PUBLISHED):
        listener.setsockopt(zmq.SUBSCRIBE, topic)
    listener.connect(f"tcp://127.0.0.1:{subscribe_port}")
    try:
        warm_up(sender, listener, frame)
        lost = late = 0
        for rate in RATES:
            relayed, published = measure(sender, listener, frame, rate)
            both = relayed.keys() & published.keys()
            lost += rate * SECONDS - len(published)
            late += sum(age > DEADLINE_MS for age in published.values())
            for what, ages in (
                    ("frame age, relay in C", [relayed[name] for name in both]),
                    ("frame age", [published[name] for name in both]),
                    ("frame, added by the program", [published[name] - relayed[name] for name in both])):
                for share, part in SHARES.items():
                    figures.add(f"{what} at {rate}/s {share}", percentile(ages, part))
        figures.add("frames without a result", lost)
        figures.add("frames published too late", late)
    finally:
        world.stop(worker)
        relay.send_signal(signal.SIGTERM)
        relay.wait()
        broker.stdin.close()
        broker.wait()
        sender.close(linger=0)
        listener.close(linger=0)


def warm_up(sender, listener, frame):
    """Until both answer: subscriptions take a moment to arrive."""
    awaited, number = {RELAYED, PUBLISHED}, 0
    while awaited:
        send(sender, frame, f"warm{number}")
        number += 1
        while listener.poll(200):
            awaited.discard(listener.recv_multipart()[0])


def send(sender, frame, name):
    sender.send_multipart([b"vision.frame.offload", json.dumps({
        "rid": name, "frame_id": name, "frame_data": frame, "format": "jpeg", "priority": 1,
        "timestamp": time.time()}).encode()])


def measure(sender, listener, frame, rate):
    """Milliseconds from sending a frame to its message, of the relay and of the program, by the frame's name."""
    sent, ages, interrupted = {}, {RELAYED: {}, PUBLISHED: {}}, threading.Event()

    def receive():
        while (min(map(len, ages.values())) < rate * SECONDS and not interrupted.is_set()
               and listener.poll(2000)):
            topic, body = listener.recv_multipart()
            now = time.monotonic()
            name = frame_of(json.loads(body))
            if name in sent:
                ages[topic][name] = (now - sent[name]) * 1000

    thread = threading.Thread(target=receive)
    thread.start()
    try:
        begin = time.monotonic()
        for number in range(rate * SECONDS):
            name = f"r{rate}n{number}"
            sent[name] = time.monotonic()
            send(sender, frame, name)
            time.sleep(max(0, begin + (number + 1) / rate - time.monotonic()))
    except KeyboardInterrupt:
        interrupted.set()
        raise
    finally:
        # The caller closes the sockets.
        thread.join()
    return ages[RELAYED], ages[PUBLISHED]


def frame_of(message):
    """The name that the frame was sent under, which has no dash: ids of frame tasks are vision-frame-NAME-UNIQUE."""
    return message["task_id"].removeprefix("vision-frame-").split("-")[0]
