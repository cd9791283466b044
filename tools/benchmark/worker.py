"""A `rider worker` in a folder of its own, with ports of its own."""
import json
import os
import signal
import socket
import sqlite3
import subprocess
import time
import urllib.request

from .program import RIDER, pinned, start

PATIENCE_SECONDS = 300
# How variables begin that the program listens to.
SETTINGS = (
    "RIDER_", "REDIS_", "TASK_QUEUE_", "ENABLE_", "TELEMETRY_", "ZMQ_", "SERVER_", "PC_PUBLIC_", "LOG_LEVEL")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class World:
    """A folder with a worker's data; settings are variables of the environment."""

    def __init__(self, folder, **settings):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.http = free_port()
        self.telemetry = free_port()
        # The caller's own settings would change what is measured.
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
        # Without engines of voice and vision, which take time and memory of their own.
        self.environment.update(
            RIDER_DATA_DIR=os.path.join(folder, "data"), RIDER_HTTP_PORT=str(self.http),
            RIDER_TELEMETRY_ENDPOINT=f"bind://127.0.0.1:{self.telemetry}", RIDER_WORKER_NAME="bench",
            RIDER_VISION_ENABLED="false", RIDER_VOICE_ENABLED="false", RIDER_QUEUE_MAX_SIZE="10000000")
        self.environment.update(settings)
        self.enqueued = 0

    def enqueue(self, count, payload_bytes=0):
        """Puts text.nlu tasks in, durably, and says how many seconds that took."""
        payload = {"text": "jedź do kuchni"}
        if payload_bytes:
            payload["note"] = "x" * payload_bytes
        lines = "\n".join(
            json.dumps({"task_id": f"t{number}", "task_type": "text.nlu", "payload": payload})
            for number in range(self.enqueued, self.enqueued + count))
        begin = time.monotonic()
        subprocess.run(
            [RIDER, "enqueue", "-"], input=lines.encode(), env=self.environment, cwd=self.folder, check=True,
            stdout=subprocess.DEVNULL)
        self.enqueued += count
        return time.monotonic() - begin

    def start(self, core=None):
        """A worker that says it is ready, and the seconds until then."""
        begin = time.monotonic()
        with open(os.path.join(self.folder, "worker.log"), "a") as log:
            worker = start(
                pinned(core, [RIDER, "worker"]), env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log)
        return worker, wait_until_ready(worker, self.http, begin, log.name)

    def stop(self, worker):
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=60)

    def query(self, sql):
        path = os.path.join(self.folder, "data", "journal.db")
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(sql).fetchone()
        finally:
            connection.close()

    def results(self):
        # Numbers of a topic have no gaps: the last ones are the count, without a scan. Topic 4 is metrics.
        return self.query("SELECT sum(last) FROM topic_number WHERE topic <> 4")[0] or 0

    def wait_for_results(self, count):
        end = time.monotonic() + PATIENCE_SECONDS
        while self.results() < count:
            if time.monotonic() > end:
                raise SystemExit("bench: gave up waiting for results")
            time.sleep(0.05)


def wait_until_ready(worker, port, begin, log=os.devnull):
    """The seconds since a worker was started at `begin`, once it answers."""
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=1):
                return time.monotonic() - begin
        except OSError:
            if worker.poll() is not None or time.monotonic() - begin > PATIENCE_SECONDS:
                with open(log) as said:
                    raise SystemExit("bench: the worker did not start: " + said.read()[-2000:])
            time.sleep(0.001)


def processor_seconds(process):
    """Processor time of all threads, also of those that have ended, to the nanosecond."""
    # The clock that clock_getcpuclockid(3) names.
    return time.clock_gettime(~process << 3 | 2)


def resident_mib(process, which="VmRSS"):
    """Memory that a process has, or with VmHWM the most it has had; 0 once it has ended."""
    with open(f"/proc/{process}/status") as file:
        for line in file:
            if line.startswith(which + ":"):
                return int(line.split()[1]) / 1024
    return 0


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))]
