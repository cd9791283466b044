"""The worker in C of limits/worker.c: an embedded queue, the journal and telemetry, and nothing else."""
import os
import subprocess
import time

from .program import Subscriber, figures_of, limit, schema_file, start
from .worker import free_port, wait_until_ready


class WorkerInC:
    """A worker in a folder of its own, with ports of its own, used as a World is; its journal may be one that is there."""

    def __init__(self, folder, journal=None):
        os.makedirs(folder, exist_ok=True)
        self.http, self.telemetry = free_port(), free_port()
        self.command = [
            limit("worker"), "--queue", os.path.join(folder, "c-queue.db"), "--queue-schema", schema_file(folder, "queue"),
            "--file", journal or os.path.join(folder, "c-journal.db"), "--schema", schema_file(folder, "journal"),
            "--port", str(self.telemetry)]

    def start(self):
        """A worker that answers over HTTP, and the seconds until then."""
        begin = time.monotonic()
        worker = start([*self.command, "--http", str(self.http)], stdin=subprocess.DEVNULL)
        return worker, wait_until_ready(worker, self.http, begin)

    def stop(self, worker):
        worker.terminate()
        worker.wait(timeout=60)

    def drain(self, tasks, payload_bytes):
        """Tasks a second that it puts in and works off."""
        with Subscriber(self.telemetry) as subscriber:
            measured = figures_of([*self.command, "--tasks", str(tasks), "--bytes", str(payload_bytes)])
            came = subscriber.stop()
        if came != tasks:
            raise SystemExit(f"bench: the C program published {tasks:,} results, {came:,} came")
        return measured["enqueued_per_second"], measured["tasks_per_second"]
