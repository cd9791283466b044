"""Robot frames at 5, 15 and 30 a second through a broker like the robot's: how old a frame is when its telemetry arrives.

The engine is the mock, which takes no time, so that the age is what the program and two passes of the broker add. 320x240 JPEG
pictures of noise and shapes, as the robot sends them.
"""
import base64
import json
import os
import subprocess
import threading
import time

import zmq

from .figures import Figure
from .program import TOOLS
from .worker import World, free_port, percentile

SECONDS = 8
RATES = (5, 15, 30)
FIGURES = [
    Figure(f"frame age at {rate}/s {share}", "ms", target=5 if (rate, share) == (30, "p99") else None)
    for rate in RATES for share in ("p50", "p99")
] + [Figure("frames without a result", "")]


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
    broker = subprocess.Popen(
        ["/usr/bin/python3", os.path.join(TOOLS, "robot/broker.py"), str(publish_port), str(subscribe_port)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    world = World(
        folder, RIDER_ROBOT_HOST="127.0.0.1", RIDER_ROBOT_PUBLISH_PORT=str(publish_port),
        RIDER_ROBOT_SUBSCRIBE_PORT=str(subscribe_port), RIDER_VISION_ENABLED="true",
        RIDER_VISION_ENGINES="mock")
    del world.environment["RIDER_TELEMETRY_ENDPOINT"]
    worker, _ = world.start()
    context = zmq.Context.instance()
    sender, listener = context.socket(zmq.PUB), context.socket(zmq.SUB)
    sender.connect(f"tcp://127.0.0.1:{publish_port}")
    listener.setsockopt(zmq.SUBSCRIBE, b"telemetry.vision")
    listener.connect(f"tcp://127.0.0.1:{subscribe_port}")
    try:
        send(sender, frame, "warm0")
        number = 0
        while not listener.poll(200):
            number += 1
            send(sender, frame, f"warm{number}")
        lost = 0
        for rate in RATES:
            ages = measure(sender, listener, frame, rate)
            lost += rate * SECONDS - len(ages)
            figures.add(f"frame age at {rate}/s p50", percentile(ages, 0.5))
            figures.add(f"frame age at {rate}/s p99", percentile(ages, 0.99))
        figures.add("frames without a result", lost)
    finally:
        world.stop(worker)
        broker.stdin.close()
        broker.wait()
        sender.close(linger=0)
        listener.close(linger=0)


def send(sender, frame, name):
    sender.send_multipart([b"vision.frame.offload", json.dumps({
        "rid": name, "frame_id": name, "frame_data": frame, "format": "jpeg", "priority": 1,
        "timestamp": time.time()}).encode()])


def measure(sender, listener, frame, rate):
    sent, ages = {}, []

    def receive():
        while len(ages) < rate * SECONDS and listener.poll(2000):
            _, body = listener.recv_multipart()
            now = time.monotonic()
            name = frame_of(json.loads(body))
            if name in sent:
                ages.append((now - sent[name]) * 1000)

    thread = threading.Thread(target=receive)
    thread.start()
    begin = time.monotonic()
    for number in range(rate * SECONDS):
        name = f"r{rate}n{number}"
        sent[name] = time.monotonic()
        send(sender, frame, name)
        time.sleep(max(0, begin + (number + 1) / rate - time.monotonic()))
    thread.join()
    return ages


def frame_of(message):
    """The name that the frame was sent under, which has no dash: ids of frame tasks are vision-frame-NAME-UNIQUE."""
    return message["task_id"].removeprefix("vision-frame-").split("-")[0]
