#!/usr/bin/env python3
"""Follows Rider's telemetry and misses nothing: what the bus lost, it asks the worker for.

    rider_listener.py --sub tcp://127.0.0.1:5556 --recover tcp://192.168.1.20:5558 --state /var/lib/robot/rider.json

--sub      where telemetry is published: the robot's broker (its XPUB port), or the worker itself (port 5557)
--recover  the worker's telemetry.recovery_endpoint
--state    a small file that says what was taken; a restarted listener goes on where it was, also after kill -9

It prints one JSON line per message, in the order of the topic's numbers, each number once:

    {"topic": "telemetry.text", "pub": "5f1c...", "tseq": 17, "replay": false, "body": {...}}

`replay` says that the message came late: act on it as on history. What cannot be had any more is told on standard error. The
first start takes what comes from then on; with --from-start also everything that the worker's journal still has. Killed
between two saves it prints the messages of that time again, marked as replay.

It needs nothing but pyzmq (Debian: python3-zmq). To use it inside another program, copy this file:

    listener = RecoveringListener(sub, recover, state, on_message=handle)
    listener.run()                       # until listener.stop(), from another thread or a signal handler

`handle(topic, message, mark)` gets the message as a dict, and its `_rider` mark (None for messages without numbers). When it
returns, the message counts as taken: it is written down at the next save, and acknowledged to the worker after that.

The protocol is described in tools/listener/README.md.
"""
import argparse
import collections
import json
import os
import signal
import sys
import time

import zmq

VERSION = 1
MAX_RANGES = 64
# Later messages that wait for missing ones; beyond it they are let go and asked for again.
MAX_HELD_MESSAGES = 10_000
MAX_HELD_BYTES = 16 << 20
# Messages of a publisher that nobody has heard of yet wait for the worker to say whose they are.
MAX_STRANGERS = 1_000
STRANGER_SECONDS = 5.0
# A gap this young may still be filled by what is on its way.
GAP_SECONDS = 0.1
ANSWER_SECONDS = 3.0
# Runs of numbers that wait for being acknowledged, per topic.
MAX_RUNS = 16


class Place:
    """What was taken of one topic: everything up to `through`."""

    def __init__(self, through, runs=()):
        self.through = through
        self.highest = through
        # Later messages, by number.
        self.held = {}
        # Numbers that were taken and that the worker does not know of yet, as [first, last].
        self.runs = [list(run) for run in runs]

    def take(self, number):
        self.through = number
        self.highest = max(self.highest, number)
        if self.runs and self.runs[-1][1] == number - 1:
            self.runs[-1][1] = number
        else:
            self.runs.append([number, number])
            # What is forgotten here stays as it was in the worker's journal.
            del self.runs[:-MAX_RUNS]

    def skip(self, through):
        self.through = through
        self.highest = max(self.highest, through)

    def acknowledged(self, first, last):
        runs = []
        for run in self.runs:
            if run[0] < first:
                runs.append([run[0], min(run[1], first - 1)])
            if run[1] > last:
                runs.append([max(run[0], last + 1), run[1]])
        self.runs = runs

    def missing(self, limit):
        """The first runs of numbers that are neither taken nor held."""
        runs, number = [], self.through + 1
        for held in sorted(self.held):
            if held > number:
                runs.append((number, held - 1))
            number = held + 1
            if len(runs) == limit:
                return runs
        if number <= self.highest:
            runs.append((number, self.highest))
        return runs


class StateFile:
    """Replaced as a whole at every save, so that a kill leaves either the old or the new one."""

    def __init__(self, path):
        self.path = path

    def load(self):
        """Returns the publisher's id and the places, or None at the first start."""
        try:
            with open(self.path) as file:
                state = json.load(file)
        except FileNotFoundError:
            return None
        if state.get("version") != VERSION:
            raise SystemExit(f"rider_listener: {self.path} was written by another version; move it aside to begin anew")
        return state["pub"], {name: Place(place["through"], place["runs"]) for name, place in state["topics"].items()}

    def save(self, publisher, places):
        state = {"version": VERSION, "pub": publisher, "topics": {
            name: {"through": place.through, "runs": place.runs} for name, place in places.items()}}
        temporary = self.path + ".new"
        with open(temporary, "w") as file:
            json.dump(state, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, self.path)


class RecoveringListener:
    def __init__(
            self, sub, recover, state, on_message, topics=("telemetry.",), from_start=False, name="", save_every=500,
            save_seconds=1.0, hello_seconds=1.0, bus_options=None, on_raw=None, complain=None):
        self.topics = tuple(topics)
        self.on_message = on_message
        # Sees every message of the bus and of the recovery before anything is decided on it.
        self.on_raw = on_raw or (lambda topic, mark, is_live: None)
        self.complain = complain or (lambda text: print(f"rider_listener: {text}", file=sys.stderr, flush=True))
        # Called when messages were handed out, before anything is waited for or saved.
        self.flush = lambda: None
        self.from_start = from_start
        self.name = name
        self.save_every, self.save_seconds, self.hello_seconds = save_every, save_seconds, hello_seconds
        self.counts = collections.Counter()

        self.file = StateFile(state)
        loaded = self.file.load()
        self.publisher, self.places = loaded or (None, {})
        self.strangers = collections.deque()
        self.foreign = collections.deque(maxlen=16)
        self.held_bytes = self.held_count = 0
        self.unsaved = 0
        self.stopping = False

        self.request = None
        self.next_id = int(time.time() * 1000)
        self.gap_since = None
        self.hello_at = self.save_at = self.ask_at = 0.0
        self.backward = set()

        self.context = zmq.Context()
        self.bus = self.context.socket(zmq.SUB)
        self.worker = self.context.socket(zmq.DEALER)
        for socket in (self.bus, self.worker):
            socket.setsockopt(zmq.LINGER, 200)
            # A frozen peer is noticed, and connected to again when it is back.
            socket.setsockopt(zmq.HEARTBEAT_IVL, 500)
            socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, 1000)
            socket.setsockopt(zmq.RECONNECT_IVL, 100)
            socket.setsockopt(zmq.RECONNECT_IVL_MAX, 1000)
        # Questions to a worker that is away would all be asked when it is back.
        self.worker.setsockopt(zmq.IMMEDIATE, 1)
        for option, value in (bus_options or {}).items():
            self.bus.setsockopt(option, value)
        for topic in self.topics:
            self.bus.setsockopt(zmq.SUBSCRIBE, topic.encode())
        self.bus.connect(sub)
        self.worker.connect(recover)

    # --- Loop

    def run(self):
        poller = zmq.Poller()
        poller.register(self.bus, zmq.POLLIN)
        poller.register(self.worker, zmq.POLLIN)
        while not self.stopping:
            poller.poll(self.milliseconds_to_wait())
            self.read_bus()
            self.read_worker()
            self.look_around()
            self.flush()
        self.finish(poller)
        self.context.destroy()

    def stop(self, *_):
        self.stopping = True

    def milliseconds_to_wait(self):
        now = time.monotonic()
        times = [self.hello_at]
        if self.unsaved:
            times.append(self.save_at)
        if self.gap_since is not None and self.request is None:
            times.append(max(self.gap_since + GAP_SECONDS, self.ask_at))
        # A signal handler may set `stopping` while nothing comes.
        return max(0, min(200, int((min(times) - now) * 1000) + 1))

    def look_around(self):
        now = time.monotonic()
        if self.request and now - self.request["heard"] > ANSWER_SECONDS:
            self.request = None
        if now >= self.hello_at:
            self.say_hello(now)
        self.flush_strangers(now)
        self.ask(now)
        if self.unsaved >= self.save_every or now >= self.save_at and (self.unsaved or self.has_runs()):
            self.save(now)

    def finish(self, poller):
        self.save(time.monotonic())
        # The last acknowledgement may be answered; if it is not, it is said again at the next start.
        end = time.monotonic() + 0.5
        while self.has_runs() and time.monotonic() < end:
            if dict(poller.poll(50)).get(self.worker):
                self.read_worker()
        if self.publisher is not None:
            self.file.save(self.publisher, self.places)

    # --- The bus

    def read_bus(self):
        for _ in range(1000):
            try:
                frames = self.bus.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            if len(frames) == 2:
                self.hear(frames[0].decode(errors="replace"), frames[1], is_live=True)

    def hear(self, topic, body, is_live):
        try:
            message = json.loads(body)
            mark = message.get("_rider")
            publisher, number = (mark["pub"], int(mark["tseq"])) if mark else (None, 0)
        except (ValueError, KeyError, TypeError, AttributeError):
            self.counts["unreadable"] += 1
            return
        self.on_raw(topic, mark, is_live)
        if mark is None:
            self.on_message(topic, message, None)
        elif publisher == self.publisher and topic in self.places:
            self.take(topic, number, message, len(body))
        elif publisher in self.foreign:
            self.counts["foreign"] += 1
            self.on_message(topic, message, mark)
        else:
            if len(self.strangers) == MAX_STRANGERS:
                self.strangers.popleft()
                self.counts["strangers_dropped"] += 1
            self.strangers.append((time.monotonic(), topic, publisher, number, message, len(body)))
            self.hello_at = min(self.hello_at, time.monotonic() + 0.2)

    def take(self, topic, number, message, size):
        place = self.places[topic]
        if number <= place.through or number in place.held:
            self.counts["repeated"] += 1
            return
        if number > place.through + 1:
            place.highest = max(place.highest, number)
            if self.held_count < MAX_HELD_MESSAGES and self.held_bytes + size <= MAX_HELD_BYTES:
                place.held[number] = (message, size)
                self.held_count += 1
                self.held_bytes += size
            if self.gap_since is None:
                self.gap_since = time.monotonic()
            return
        self.deliver(topic, place, number, message)
        self.release(topic, place)

    def deliver(self, topic, place, number, message):
        mark = message["_rider"]
        self.counts["recovered" if mark.get("replay") else "live"] += 1
        self.on_message(topic, message, mark)
        place.take(number)
        self.unsaved += 1

    def release(self, topic, place):
        """Delivers what waited for the numbers before it, and forgets what is known by now."""
        while place.through + 1 in place.held:
            message, size = place.held.pop(place.through + 1)
            self.held_count -= 1
            self.held_bytes -= size
            self.deliver(topic, place, place.through + 1, message)

    # --- The worker

    def send(self, message):
        try:
            self.worker.send(json.dumps({"v": VERSION, **message}).encode(), zmq.NOBLOCK)
        except zmq.Again:
            pass  # The worker is away; what matters is said again.

    def say_hello(self, now):
        self.hello_at = now + self.hello_seconds
        self.send({"type": "hello", "listener": self.name, "topics": {
            topic: {"pub": self.publisher, "tseq": place.through} for topic, place in self.places.items()}})

    def ask(self, now):
        """Asks for what is missing, when nothing is being answered."""
        if self.request or self.gap_since is None or now < max(self.gap_since + GAP_SECONDS, self.ask_at):
            return
        ranges = [
            {"topic": topic, "first": first, "last": last}
            for topic, place in self.places.items()
            for first, last in place.missing(MAX_RANGES // max(1, len(self.places)))]
        if not ranges:
            self.gap_since = None
            return
        self.next_id += 1
        self.request = {"id": self.next_id, "bytes": 0, "heard": now, "progress": False}
        self.send({"type": "get", "id": self.next_id, "pub": self.publisher, "ranges": ranges})

    def read_worker(self):
        for _ in range(100):
            try:
                frames = self.worker.recv_multipart(zmq.NOBLOCK)
            except zmq.Again:
                return
            try:
                answer = json.loads(frames[0])
            except ValueError:
                continue
            if answer.get("v") == VERSION:
                self.obey(answer, frames)

    def obey(self, answer, frames):
        kind = answer.get("type")
        if kind == "state":
            self.learn_state(answer["pub"], answer["topics"])
        elif kind == "acked" and answer["pub"] == self.publisher:
            for run in answer["ranges"]:
                if run["topic"] in self.places:
                    self.places[run["topic"]].acknowledged(run["first"], run["last"])
                    self.unsaved += 1
        elif kind == "refused":
            self.counts["refused"] += 1
            self.complain(f"the worker refuses: {answer.get('reason')}: {answer.get('message')}")
            if self.request and answer.get("id") == self.request["id"]:
                self.request = None
                self.ask_at = time.monotonic() + self.hello_seconds
        elif self.request and answer.get("id") == self.request["id"]:
            self.request["heard"] = time.monotonic()
            self.request["bytes"] += sum(len(frame) for frame in frames)
            if kind == "history":
                self.request["progress"] = True
                for body in frames[1:]:
                    self.hear(answer["topic"], body, is_live=False)
                self.send({"type": "credit", "id": self.request["id"], "bytes": self.request["bytes"]})
            elif kind == "gone":
                self.lose(answer["topic"], answer["first"], answer["last"], answer["reason"])
                self.send({"type": "credit", "id": self.request["id"], "bytes": self.request["bytes"]})
            elif kind == "end":
                # Without progress the rest is not to be had now.
                self.ask_at = time.monotonic() + (0 if self.request["progress"] else self.hello_seconds)
                self.request = None

    def lose(self, topic, first, last, reason):
        """Goes on behind numbers that will not come. Later ones of them wait until everything before has its turn."""
        place = self.places.get(topic)
        if place is None or reason == "never_sent" or not first <= place.through + 1 <= last:
            return
        # The bus may have brought some of what the journal has no more.
        last = min([last] + [number - 1 for number in place.held if number <= last])
        self.report_loss(topic, place.through + 1, last, reason)
        place.skip(last)
        self.request["progress"] = True
        self.unsaved += 1
        self.release(topic, place)

    def report_loss(self, topic, first, last, reason):
        self.counts["gone"] += last - first + 1
        self.complain(f"{topic} {first}..{last} will not come: {reason}")

    # --- Publishers

    def learn_state(self, publisher, numbers):
        numbers = {topic: last for topic, last in numbers.items() if topic.startswith(self.topics)}
        if publisher != self.publisher:
            self.begin(publisher, numbers)
        for topic, last in numbers.items():
            place = self.places.setdefault(topic, Place(0))
            place.highest = max(place.highest, last)
            if place.through < place.highest and self.gap_since is None:
                self.gap_since = time.monotonic()
            # Said twice it is no race with a message that was just sent.
            if last < place.through and topic in self.backward:
                self.complain(
                    f"{topic} has gone back from {place.through} to {last}: was an older journal restored? Going on there")
                self.pass_on(topic, place)
                self.places[topic] = Place(last)
            (self.backward.add if last < place.through else self.backward.discard)(topic)
        waiting, self.strangers = self.strangers, collections.deque()
        for _, topic, whose, number, message, size in waiting:
            if whose == publisher and topic in self.places:
                self.take(topic, number, message, size)
            else:
                if whose not in self.foreign:
                    self.foreign.append(whose)
                    self.complain(f"publisher {whose} is not the worker's: its messages are passed on without certainty")
                self.counts["foreign"] += 1
                self.on_message(topic, message, message["_rider"])

    def begin(self, publisher, numbers):
        """Another journal: its numbers begin at 1, and what the old one still owed is lost."""
        first_start = self.publisher is None
        for topic, place in self.places.items():
            for first, last in place.missing(MAX_HELD_MESSAGES):
                self.report_loss(topic, first, last, "unknown_publisher")
            self.pass_on(topic, place)
        if not first_start:
            self.complain(f"a new journal has begun: {publisher}")
        self.publisher, self.request, self.backward = publisher, None, set()
        self.places = {}
        for topic, last in numbers.items():
            heard = [number for _, name, whose, number, _, _ in self.strangers if name == topic and whose == publisher]
            start = min([last] + [number - 1 for number in heard])
            self.places[topic] = Place(0 if self.from_start or not first_start else start)
        if publisher in self.foreign:
            self.foreign.remove(publisher)
        self.unsaved += 1
        self.save_at = 0.0

    def pass_on(self, topic, place):
        """What is held does not wait for missing messages any longer."""
        for number in sorted(place.held):
            message, size = place.held.pop(number)
            self.held_count -= 1
            self.held_bytes -= size
            self.on_message(topic, message, message["_rider"])

    def flush_strangers(self, now):
        """Passes on what nobody explains in time."""
        while self.strangers and now - self.strangers[0][0] > STRANGER_SECONDS:
            _, topic, _, _, message, _ = self.strangers.popleft()
            self.counts["foreign"] += 1
            self.on_message(topic, message, message["_rider"])

    # --- The place on disk

    def has_runs(self):
        return any(place.runs for place in self.places.values())

    def save(self, now):
        self.save_at = now + self.save_seconds
        if self.publisher is None:
            return
        self.flush()
        if self.unsaved:
            self.file.save(self.publisher, self.places)
            self.unsaved = 0
        ranges = [
            {"topic": topic, "first": first, "last": last}
            for topic, place in self.places.items() for first, last in place.runs]
        if ranges:
            self.send({"type": "ack", "pub": self.publisher, "ranges": ranges[:MAX_RANGES]})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sub", required=True, metavar="ENDPOINT")
    parser.add_argument("--recover", required=True, metavar="ENDPOINT")
    parser.add_argument("--state", required=True, metavar="FILE")
    parser.add_argument("--topic", action="append", metavar="PREFIX", help="default: telemetry.")
    parser.add_argument("--name", default="", help="shown in the worker's log")
    parser.add_argument("--from-start", action="store_true", help="at the first start: everything the journal has")
    arguments = parser.parse_args()

    def show(topic, message, mark):
        line = {"topic": topic}
        if mark is not None:
            line.update(pub=mark["pub"], tseq=mark["tseq"], replay=bool(mark.get("replay")))
        print(json.dumps({**line, "body": message}, ensure_ascii=False))

    listener = RecoveringListener(
        arguments.sub, arguments.recover, arguments.state, show, topics=arguments.topic or ["telemetry."],
        name=arguments.name, from_start=arguments.from_start)
    listener.flush = sys.stdout.flush
    signal.signal(signal.SIGTERM, listener.stop)
    signal.signal(signal.SIGINT, listener.stop)
    listener.run()
    sys.stdout.flush()
    print(json.dumps({"summary": dict(listener.counts)}), file=sys.stderr)


if __name__ == "__main__":
    main()
