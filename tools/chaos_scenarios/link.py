"""Kills, freezes and cuts everything between a worker and a robot's listener while messages flow, and judges who knows what.

For each fault a world of its own: a worker, the robot's broker (XSUB/XPUB), a listener that asks the worker for what it missed
(tools/listener/rider_listener.py), and a plain subscriber of the broker as a witness. Messages flow at an even rate before, during
and after the fault. Then every number of every topic must be at the listener; no row may be broker_confirmed that the witness has
not got; what is sent again must say so by its replay mark; and in the end the journal must know that the listener has
everything (robot_acked).

    missed live   numbers that did not reach the listener when they were published
    by bus        of these, sent again through the broker (catch-up, replay)
    asked for     of these, given by the worker's recovery endpoint
    wrong states  rows confirmed that the witness lacks, and rows that are not robot_acked in the end

The network is cut between two network namespaces, which only root can make; otherwise this fault is skipped.
"""
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

TOOLS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PYTHON = "/usr/bin/python3"
PATIENCE_SECONDS = 90
FAULTS = {
    "broker-killed": "the broker is killed and started again",
    "broker-frozen": "the broker is stopped (SIGSTOP) and goes on",
    "subscriber-killed": "the listener is killed and started again with its place",
    "subscriber-frozen": "the listener is stopped (SIGSTOP) and goes on",
    "network-cut": "no packet passes between worker and robot",
    "worker-killed": "the worker is killed (kill -9) and started again",
}
# Bytes that the system keeps per connection: with megabytes a short freeze loses nothing.
SMALL_BUFFER = 16_384
# States in the journal.
HANDED_OFF, BROKER_CONFIRMED, ROBOT_ACKED = 2, 3, 4


def add_arguments(parser):
    parser.add_argument("--fault", action="append", choices=FAULTS, help="only this one; may be given often")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long a fault lasts; default 4")
    parser.add_argument("--rate", type=int, default=500, help="messages per second; default 500")


def run(arguments):
    results = []
    print(Result.head(), flush=True)
    for fault in arguments.fault or FAULTS:
        try:
            results.append(Trial(fault, arguments).run())
        except Skipped as skipped:
            results.append(Result(fault, skipped=str(skipped)))
        print(results[-1].line(), flush=True)
    return LinkVerdict(results)


class Skipped(Exception):
    pass


class Result:
    COLUMNS = ["messages", "missed live", "by bus", "asked for", "lost", "unmarked again", "wrong states"]
    WRONG = COLUMNS[4:]

    def __init__(self, fault, numbers=None, skipped=None):
        self.fault, self.numbers, self.skipped = fault, numbers or {}, skipped

    @classmethod
    def head(cls):
        return f"{'fault':<19}" + "".join(f"{column:>15}" for column in cls.COLUMNS)

    def line(self):
        if self.skipped:
            return f"{self.fault:<19}skipped: {self.skipped}"
        line = f"{self.fault:<19}" + "".join(f"{self.numbers[column]:>15,}" for column in self.COLUMNS)
        return line + ("  WRONG" if self.is_wrong() else "")

    def is_wrong(self):
        return any(self.numbers.get(column) for column in self.WRONG)


class LinkVerdict:
    def __init__(self, results):
        self.results = results

    def tell(self):
        """The table has been printed line by line; gives the exit code."""
        return 1 if any(result.is_wrong() for result in self.results) else 0


# --- Where it happens


class Loopback:
    """Everything on 127.0.0.1."""
    robot_address = worker_address = "127.0.0.1"

    def on_robot(self, command):
        return command

    def close(self):
        pass


class TwoHosts:
    """The robot's side in a network namespace of its own, joined by a virtual cable."""
    robot_address, worker_address = "10.213.77.2", "10.213.77.1"

    def __init__(self):
        if os.geteuid() != 0:
            raise Skipped("network namespaces need root")
        self.name = f"rider{os.getpid()}"
        self.cable = f"rw{os.getpid()}"
        try:
            self.ip("netns", "add", self.name)
            self.ip("link", "add", self.cable, "type", "veth", "peer", "name", "eth0", "netns", self.name)
            self.ip("addr", "add", f"{self.worker_address}/24", "dev", self.cable)
            self.ip("link", "set", self.cable, "up")
            for words in (["addr", "add", f"{self.robot_address}/24", "dev", "eth0"], ["link", "set", "eth0", "up"],
                          ["link", "set", "lo", "up"]):
                self.ip("-n", self.name, *words)
        except (OSError, subprocess.CalledProcessError) as error:
            self.close()
            reason = (getattr(error, "stderr", b"") or b"").decode().strip() or str(error)
            raise Skipped(f"no network namespace can be made here: {reason}")

    @staticmethod
    def ip(*words):
        subprocess.run(["ip", *words], check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def on_robot(self, command):
        return ["ip", "netns", "exec", self.name, *command]

    def cut(self):
        self.ip("link", "set", self.cable, "down")

    def join(self):
        self.ip("link", "set", self.cable, "up")

    def close(self):
        for words in (["link", "del", self.cable], ["netns", "del", self.name]):
            try:
                self.ip(*words)
            except (OSError, subprocess.CalledProcessError):
                pass


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


# --- One fault


class Trial:
    def __init__(self, fault, arguments):
        self.fault, self.seconds, self.rate = fault, arguments.seconds, arguments.rate
        self.rider = os.path.abspath(arguments.rider)
        self.network = TwoHosts() if fault == "network-cut" else Loopback()
        self.frontend, self.backend, self.recovery = free_ports(3)
        self.processes = {}
        self.enqueued = 0

    def run(self):
        with tempfile.TemporaryDirectory(prefix="rider-chaos-") as self.folder:
            try:
                self.set_up()
                self.flow()
                return self.judge()
            except BaseException:
                self.show_logs()
                raise
            finally:
                for name in list(self.processes):
                    self.kill(name)
                self.network.close()

    # Processes

    def start(self, name, command, **more):
        log = open(os.path.join(self.folder, f"{name}.log"), "ab")
        self.processes[name] = subprocess.Popen(
            command, cwd=self.folder, stdin=subprocess.PIPE, stdout=log, stderr=log, **more)
        log.close()

    def kill(self, name):
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def tell(self, name, number):
        self.processes[name].send_signal(number)

    def start_broker(self):
        self.start("broker", self.network.on_robot([
            PYTHON, os.path.join(TOOLS, "robot/broker.py"), str(self.frontend), str(self.backend), self.network.robot_address,
            str(SMALL_BUFFER)]))

    def start_worker(self):
        worker, robot = self.network.worker_address, self.network.robot_address
        self.environment = dict(
            os.environ, RIDER_DATA_DIR=os.path.join(self.folder, "data"), RIDER_HTTP_PORT="0", RIDER_WORKER_NAME="chaos",
            RIDER_PI_HOST=robot, ZMQ_PUB_PORT=str(self.frontend), ZMQ_SUB_PORT=str(self.backend),
            RIDER_TELEMETRY_RECOVERY_ENDPOINT=f"bind://{worker}:{self.recovery}", RIDER_INGEST_ENABLED="false",
            RIDER_VISION_ENABLED="false", RIDER_VOICE_ENABLED="false")
        self.start("worker", [self.rider, "worker"], env=self.environment)

    def start_subscriber(self, name, recover):
        robot, worker = self.network.robot_address, self.network.worker_address
        command = [PYTHON, os.path.abspath(__file__), name, f"tcp://{robot}:{self.backend}"]
        if recover:
            command += [f"tcp://{worker}:{self.recovery}", os.path.join(self.folder, "place.json")]
        self.start(name, self.network.on_robot(command))

    def show_logs(self):
        for name in os.listdir(self.folder):
            if name.endswith(".log"):
                with open(os.path.join(self.folder, name), errors="replace") as log:
                    sys.stderr.write(f"--- {name}\n{log.read()[-3000:]}\n")

    # What happens

    def set_up(self):
        self.start_broker()
        self.start_subscriber("witness", recover=False)
        self.start_subscriber("listener", recover=True)
        self.start_worker()
        # Until messages have really come through: then everybody is connected.
        while not self.heard("witness") or not self.heard("listener"):
            self.enqueue(1)
            time.sleep(0.2)

    def enqueue(self, count):
        lines = "".join('{"text":"jedź do kuchni"}\n' for _ in range(count))
        subprocess.run(
            [self.rider, "enqueue", "text.nlu", "-"], input=lines.encode(), env=self.environment, cwd=self.folder, check=True,
            stdout=subprocess.DEVNULL)
        self.enqueued += count

    def flow(self):
        stop = threading.Event()
        traffic = threading.Thread(target=self.send, args=(stop,))
        traffic.start()
        try:
            time.sleep(1.5)
            self.inflict()
            time.sleep(2.0)
        finally:
            stop.set()
            traffic.join()

    def send(self, stop):
        begin, sent = time.monotonic(), 0
        while not stop.wait(0.2):
            due = int((time.monotonic() - begin) * self.rate) - sent
            # A file of tasks at a time: a starting program costs more than a task.
            self.enqueue(due)
            sent += due

    def inflict(self):
        if self.fault == "network-cut":
            self.network.cut()
            time.sleep(self.seconds)
            self.network.join()
            return
        victim, kind = self.fault.split("-")
        victim = {"subscriber": "listener"}.get(victim, victim)
        if kind == "frozen":
            self.tell(victim, signal.SIGSTOP)
            # What a listener does not read fills its own buffers first, and those of the broker.
            time.sleep(self.seconds * (2.5 if victim == "listener" else 1))
            self.tell(victim, signal.SIGCONT)
            return
        self.kill(victim)
        time.sleep(self.seconds)
        {"broker": self.start_broker, "worker": self.start_worker,
         "listener": lambda: self.start_subscriber("listener", recover=True)}[victim]()

    # What is true afterwards

    def judge(self):
        self.wait(lambda: self.query("SELECT count(DISTINCT task_id) FROM result WHERE topic <> 4")[0][0] >= self.enqueued, "all results")
        wanted = {(topic, number) for topic, number in self.query(
            "SELECT topic, tseq FROM result WHERE seq NOT IN (SELECT seq FROM superseded)")}
        names = {1: "telemetry.voice", 2: "telemetry.vision", 3: "telemetry.text", 4: "telemetry.metrics"}
        wanted = {(names[topic], number) for topic, number in wanted}
        self.wait(lambda: wanted <= {key for key, *_ in self.heard("listener", "taken")}, "the listener to have everything",
                  is_fatal=False)
        self.wait(lambda: not self.rows_in(HANDED_OFF), "what was sent to be confirmed or doubted", is_fatal=False)

        heard, taken, seen = (self.heard("listener"), self.heard("listener", "taken"), self.heard("witness"))
        live = {key for key, is_replay, _ in taken if not is_replay}
        first = {}
        for key, is_replay, source in heard:
            first.setdefault(key, source if is_replay else "live")
        confirmed = {
            (names[topic], number) for table in ("delivery", "best_attempt")
            for _, topic, number in self.rows_in(BROKER_CONFIRMED, table=table)}
        wrong = confirmed - {key for key, *_ in seen}
        # From here on the listener says what it has, which is written over what was known before.
        self.tell("listener", signal.SIGUSR1)
        count = len(wanted)
        self.wait(lambda: len(self.rows_in(ROBOT_ACKED)) >= count, "the journal to know what the listener has", is_fatal=False)
        unknown = wanted - {(names[topic], number) for _, topic, number in self.rows_in(ROBOT_ACKED)}
        if wrong or unknown:
            sys.stderr.write(f"{self.fault}: confirmed and not seen: {sorted(wrong)[:5]}, not acked: {sorted(unknown)[:5]}\n")
        missed = wanted - live
        return Result(self.fault, {
            "messages": count,
            "missed live": len(missed),
            "by bus": sum(first.get(key) == "bus" for key in missed),
            "asked for": sum(first.get(key) == "worker" for key in missed),
            "lost": len(wanted - {key for key, *_ in taken}),
            "unmarked again": unmarked_again(heard) + unmarked_again(seen),
            "wrong states": len(wrong) + len(unknown),
        })

    def wait(self, condition, what, is_fatal=True):
        end = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > end:
                if is_fatal:
                    raise SystemExit(f"chaos: {self.fault}: gave up waiting for {what}")
                sys.stderr.write(f"chaos: {self.fault}: gave up waiting for {what}\n")
                return
            time.sleep(0.1)

    def heard(self, name, what="heard"):
        """What a subscriber has written down: ((topic, number), is_replay, source), in order of arrival."""
        try:
            with open(os.path.join(self.folder, f"{name}.{what}")) as file:
                lines = file.read().split("\n")[:-1]
        except FileNotFoundError:
            return []
        words = [line.split(" ") for line in lines]
        return [((topic, int(number)), replay == "True", source) for topic, number, replay, source in words]

    def query(self, sql):
        connection = sqlite3.connect(f"file:{self.folder}/data/journal.db?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def states(self, table):
        """(state, topic, number) of every row that counts."""
        runs = self.query(f"SELECT first, last, state FROM {table} ORDER BY first")
        rows = self.query(
            "SELECT seq, topic, tseq FROM result WHERE seq NOT IN (SELECT seq FROM superseded) ORDER BY seq")
        found, index = [], 0
        for seq, topic, number in rows:
            while index < len(runs) and runs[index][1] < seq:
                index += 1
            inside = index < len(runs) and runs[index][0] <= seq
            found.append((runs[index][2] if inside else 0, topic, number))
        return found

    def rows_in(self, *states, table="delivery"):
        return [row for row in self.states(table) if row[0] in states]


def unmarked_again(heard):
    """Copies without a replay mark beyond the first such copy. What was asked for may overtake the message that is still on its way
    through the broker: of the two it is the one that was sent again, and marked."""
    known, count = set(), 0
    for key, is_replay, _ in heard:
        if not is_replay:
            count += key in known
            known.add(key)
    return count


# --- Subscribers, as processes of their own


def witness(bus):
    import zmq
    subscriber = zmq.Context().socket(zmq.SUB)
    for option, value in ((zmq.RCVHWM, 0), (zmq.HEARTBEAT_IVL, 500), (zmq.HEARTBEAT_TIMEOUT, 1000), (zmq.RECONNECT_IVL, 20)):
        subscriber.setsockopt(option, value)
    subscriber.setsockopt(zmq.SUBSCRIBE, b"telemetry.")
    subscriber.connect(bus)
    with open("witness.heard", "a", buffering=1) as file:
        while True:
            topic, body = subscriber.recv_multipart()
            mark = json.loads(body)["_rider"]
            file.write(f"{topic.decode()} {mark['tseq']} {bool(mark.get('replay'))} bus\n")


def listener(bus, worker, place):
    sys.path.insert(0, os.path.join(TOOLS, "listener"))
    import zmq
    from rider_listener import RecoveringListener

    class SilentAtFirst(RecoveringListener):
        """Keeps to itself what it has until it is told to speak, so that the states before that can be looked at."""
        may_acknowledge = False

        def send(self, message):
            if message["type"] != "ack" or self.may_acknowledge:
                super().send(message)

        def speak(self, *_):
            self.may_acknowledge = True

    heard = open("listener.heard", "a", buffering=1)
    taken = open("listener.taken", "a", buffering=1)
    follower = SilentAtFirst(
        bus, worker, place, from_start=True, bus_options={zmq.RCVHWM: 100, zmq.RCVBUF: SMALL_BUFFER},
        on_raw=lambda topic, mark, is_live: heard.write(
            f"{topic} {mark['tseq']} {bool(mark.get('replay'))} {'bus' if is_live else 'worker'}\n"),
        on_message=lambda topic, message, mark: taken.write(f"{topic} {mark['tseq']} {bool(mark.get('replay'))} taken\n"))
    signal.signal(signal.SIGUSR1, follower.speak)
    follower.run()


if __name__ == "__main__":
    {"witness": witness, "listener": listener}[sys.argv[1]](*sys.argv[2:])
