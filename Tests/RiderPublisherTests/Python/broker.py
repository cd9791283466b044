"""The robot's broker in small: XSUB in, XPUB out. Ports are chosen by the system unless given.

Prints "ports IN OUT" once, then "subscribe TOPIC" and "unsubscribe TOPIC" after it has passed each one on.
"""
import sys

import zmq

context = zmq.Context()
frontend, backend = context.socket(zmq.XSUB), context.socket(zmq.XPUB)
addresses = []
for socket, port in zip((frontend, backend), sys.argv[1:] or ("*", "*")):
    socket.bind(f"tcp://127.0.0.1:{port}")
    addresses.append(socket.getsockopt_string(zmq.LAST_ENDPOINT).rsplit(":")[-1])
print("ports", *addresses, flush=True)

poller = zmq.Poller()
poller.register(frontend, zmq.POLLIN)
poller.register(backend, zmq.POLLIN)
while True:
    ready = dict(poller.poll())
    if backend in ready:
        for frame in backend.recv_multipart():
            frontend.send(frame)
            kind = "subscribe" if frame[:1] == b"\x01" else "unsubscribe"
            print(kind, frame[1:].decode(errors="replace"), flush=True)
    if frontend in ready:
        backend.send_multipart(frontend.recv_multipart())
