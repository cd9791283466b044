#!/usr/bin/env python3
"""The robot's side of the bus, for tests and demos: says what a real robot says and prints what it is told.

Usage: robot.py FRONTEND_PORT BACKEND_PORT < commands

Prints one JSON line per message that reaches a subscriber of the broker: {"topic", "frames", "body"}; bodies of more than
2,000 bytes lose their long strings. The line {"ready": true} says that its subscription is in force, {"sent": N} that a
command is done. Commands are JSON lines:

    {"publish": TOPIC, "body": {...}}
    {"frames": N, "jpeg": FILE}               N messages vision.frame.offload, each after the answer to the one before
    {"say": [TEXT, ...]}                      messages voice.tts.request
    {"speak": [FILE, ...], "speed": X}        messages voice.asr.request: WAV files and a second of silence after each, 20 ms
                                              a message, X times as fast as they were spoken
"""
import base64
import json
import sys
import threading
import time

import zmq

PROBE = "robot.ready"


def shortened(value):
    if isinstance(value, str) and len(value) > 200:
        return f"{value[:24]}... ({len(value)} characters)"
    if isinstance(value, dict):
        return {key: shortened(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shortened(item) for item in value]
    return value


class Robot:
    def __init__(self, frontend, backend):
        self.context = zmq.Context()
        self.publisher = self.context.socket(zmq.PUB)
        self.publisher.setsockopt(zmq.LINGER, 2000)
        self.publisher.setsockopt(zmq.SNDHWM, 0)
        self.publisher.connect(f"tcp://127.0.0.1:{frontend}")
        self.subscriber = self.context.socket(zmq.SUB)
        self.subscriber.setsockopt(zmq.RCVHWM, 0)
        self.subscriber.connect(f"tcp://127.0.0.1:{backend}")
        self.subscriber.setsockopt(zmq.SUBSCRIBE, b"")
        self.output = threading.Lock()
        self.answers = threading.Semaphore(1)

    def print(self, line):
        with self.output:
            print(json.dumps(line), flush=True)

    def publish(self, topic, body):
        self.publisher.send_multipart([topic.encode(), json.dumps(body).encode()])

    def wait_until_joined(self):
        """Publishes until its own message comes back: then both sockets are really connected."""
        poller = zmq.Poller()
        poller.register(self.subscriber, zmq.POLLIN)
        while True:
            self.publish(PROBE, {"ts": time.time()})
            if poller.poll(50):
                self.subscriber.recv_multipart()
                self.print({"ready": True})
                return

    def listen(self):
        while True:
            frames = self.subscriber.recv_multipart()
            topic = frames[0].decode(errors="replace")
            if topic == PROBE or topic.startswith("rider.probe."):
                continue
            if topic == "vision.obstacle.enhanced":
                self.answers.release()
            body = json.loads(frames[-1]) if len(frames) == 2 else None
            if len(frames[-1]) > 2000:
                body = shortened(body)
            self.print({"topic": topic, "frames": len(frames), "body": body})

    def speak(self, path, speed):
        with open(path, "rb") as file:
            data = file.read()
        rate = int.from_bytes(data[24:28], "little")
        size = rate // 50 * 2
        sound = data[44:] + bytes(50 * size)
        for start in range(0, len(sound), size):
            chunk = sound[start : start + size]
            self.publish(
                "voice.asr.request",
                {"ts": time.time(), "rate": rate, "len": len(chunk), "chunk_pcm": base64.b64encode(chunk).decode()},
            )
            time.sleep(0.02 / speed)
        return -(-len(sound) // size)

    def obey(self, command):
        if "publish" in command:
            self.publish(command["publish"], command["body"])
            return 1
        if "frames" in command:
            with open(command["jpeg"], "rb") as file:
                jpeg = base64.b64encode(file.read()).decode()
            for _ in range(command["frames"]):
                self.answers.acquire()
                self.publish("vision.frame.offload", {"ts": time.time(), "frame_jpeg": jpeg, "size": {"w": 320, "h": 240}})
            return command["frames"]
        if "say" in command:
            for number, text in enumerate(command["say"]):
                self.publish("voice.tts.request", {"text": text, "request_id": f"say-{number}", "ts": time.time()})
            return len(command["say"])
        if "speak" in command:
            return sum(self.speak(path, command.get("speed", 1)) for path in command["speak"])
        raise ValueError(f"unknown command {command}")


def main():
    robot = Robot(sys.argv[1], sys.argv[2])
    robot.wait_until_joined()
    threading.Thread(target=robot.listen, daemon=True).start()
    for line in sys.stdin:
        robot.print({"sent": robot.obey(json.loads(line))})


if __name__ == "__main__":
    main()
