"""Messages of 400 bytes as a program with pyzmq and json sends them; prints one JSON object.

    zmq_publish.py --port P --rate R --seconds S --bytes B      how long a send takes, in microseconds
    zmq_publish.py --port P --messages N --bytes B              messages a second, flat out, none dropped
"""
import argparse
import json
import time

import zmq

parser = argparse.ArgumentParser()
for name in ("port", "rate", "seconds", "bytes", "messages"):
    parser.add_argument("--" + name, type=int, default=0)
options = parser.parse_args()
socket = zmq.Context.instance().socket(zmq.XPUB)
socket.setsockopt(zmq.XPUB_NODROP, 1)
socket.setsockopt(zmq.LINGER, 5000)
socket.bind(f"tcp://127.0.0.1:{options.port}")
socket.recv()
message = {"task_id": "018f2c50-0000-7000-8000-000000000000", "text": ""}
message["text"] = "x" * (options.bytes - len(json.dumps(message)))


def send():
    body = json.dumps(message).encode()
    while True:
        try:
            socket.send_multipart([b"telemetry.text", body], zmq.DONTWAIT)
            return
        except zmq.Again:
            socket.poll(1, zmq.POLLOUT)


if options.messages:
    begin = time.monotonic()
    for _ in range(options.messages):
        send()
    print(json.dumps({
        "messages_per_second": options.messages / (time.monotonic() - begin), "sent": options.messages}))
else:
    took, due = [], time.monotonic()
    for _ in range(options.rate * options.seconds):
        due += 1 / options.rate
        time.sleep(max(0, due - time.monotonic()))
        begin = time.perf_counter_ns()
        send()
        took.append((time.perf_counter_ns() - begin) / 1e3)
    took.sort()
    print(json.dumps({"p50_us": took[len(took) // 2], "p99_us": took[len(took) * 99 // 100]}))
socket.close()
zmq.Context.instance().term()
