"""A listener: connects to the address and prints every message as a line "FRAMES TOPIC BODY".

    listener.py ADDRESS TOPIC...

With LISTENER_WAITS set it reads nothing before it has been given a line on standard input.
"""
import os
import sys

import zmq

address, *topics = sys.argv[1:]
socket = zmq.Context().socket(zmq.SUB)
socket.rcvhwm = 10
for topic in topics:
    socket.subscribe(topic)
socket.connect(address)
print("ready", flush=True)
if os.environ.get("LISTENER_WAITS"):
    sys.stdin.readline()
while True:
    frames = socket.recv_multipart()
    print(len(frames), *(frame.decode(errors="replace") for frame in frames), flush=True)
