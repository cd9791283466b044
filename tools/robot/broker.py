#!/usr/bin/env python3
"""The robot's message broker, for tests and demos on this machine: an XSUB/XPUB proxy.

Usage: broker.py [FRONTEND_PORT BACKEND_PORT [ADDRESS [SEND_BUFFER]]]

It listens on loopback unless another address of this machine is named. Publishers connect to the frontend (5555 on a robot),
subscribers to the backend (5556). Without ports the system chooses them. The first line of output is JSON:
{"frontend": PORT, "backend": PORT}. It ends with its standard input. SEND_BUFFER is how many bytes the system keeps for a subscriber
that does not read; without it, that is megabytes.
"""
import json
import os
import sys
import threading

import zmq


def bind(socket, port, address):
    """Returns the port."""
    if port:
        socket.bind(f"tcp://{address}:{port}")
        return port
    return socket.bind_to_random_port(f"tcp://{address}")


def end_with_standard_input():
    sys.stdin.buffer.read()
    os._exit(0)


def main():
    ports = [int(text) for text in sys.argv[1:3]] or [0, 0]
    address = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"
    context = zmq.Context()
    frontend = context.socket(zmq.XSUB)
    backend = context.socket(zmq.XPUB)
    if len(sys.argv) > 4:
        backend.setsockopt(zmq.SNDBUF, int(sys.argv[4]))
    print(json.dumps({"frontend": bind(frontend, ports[0], address), "backend": bind(backend, ports[1], address)}), flush=True)
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    zmq.proxy(frontend, backend)


if __name__ == "__main__":
    main()
