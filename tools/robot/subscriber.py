#!/usr/bin/env python3
"""Counts telemetry at a subscriber: prints one line `TOPIC TASK_ID SEQ ATTEMPT` per message.

Usage: subscriber.py ENDPOINT [PREFIX]

The line `ready` says that the socket is made; it reconnects by itself for as long as it runs. Ends with its standard input.
"""
import json
import os
import sys
import threading

import zmq


def end_with_standard_input():
    sys.stdin.buffer.read()
    os._exit(0)


def main():
    context = zmq.Context()
    socket = context.socket(zmq.SUB)
    socket.setsockopt(zmq.RCVHWM, 0)
    socket.setsockopt(zmq.RECONNECT_IVL, 5)
    socket.setsockopt(zmq.RECONNECT_IVL_MAX, 20)
    socket.connect(sys.argv[1])
    socket.setsockopt(zmq.SUBSCRIBE, (sys.argv[2] if len(sys.argv) > 2 else "telemetry.").encode())
    print("ready", flush=True)
    threading.Thread(target=end_with_standard_input, daemon=True).start()
    while True:
        topic, body = socket.recv_multipart()
        message = json.loads(body)
        mark = message.get("_rider", {})
        print(topic.decode(), message.get("task_id"), mark.get("seq"), message.get("attempt"), flush=True)


if __name__ == "__main__":
    main()
