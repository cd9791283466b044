"""A worker with a folder of its own, and what its journal says."""
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time

PATIENCE_SECONDS = 120


class World:
    def __init__(self, rider, folder, name="chaos", **environment):
        self.rider = os.path.abspath(rider)
        self.folder = folder
        self.enqueued = 0
        self.process = None
        # Where the log of the present process begins.
        self.log_start = 0
        os.makedirs(folder, exist_ok=True)
        self.environment = dict(
            os.environ, RIDER_DATA_DIR=os.path.join(folder, "data"), RIDER_HTTP_PORT="0", RIDER_WORKER_NAME=name,
            RIDER_TELEMETRY_ENABLED="false", RIDER_VISION_ENABLED="false", RIDER_QUEUE_MAX_SIZE="10000000",
            **environment)

    # MARK: - Commands

    def enqueue(self, count, priority=lambda number: number % 10 + 1):
        lines = [
            json.dumps({
                "task_id": f"t{number}", "task_type": "text.nlu", "payload": {"text": "jedź do kuchni"},
                "priority": priority(number)})
            for number in range(self.enqueued, self.enqueued + count)]
        subprocess.run(
            [self.rider, "enqueue", "-"], input="\n".join(lines).encode(), env=self.environment, cwd=self.folder,
            check=True, stdout=subprocess.DEVNULL)
        self.enqueued += count

    def ask(self, *arguments):
        """The JSON document that a command prints."""
        output = subprocess.run(
            [self.rider, *arguments, "--json"], env=self.environment, cwd=self.folder, check=True,
            stdout=subprocess.PIPE).stdout
        return json.loads(output)

    # MARK: - The worker

    @property
    def log(self):
        return os.path.join(self.folder, "worker.log")

    def start(self):
        with open(self.log, "ab") as log:
            self.log_start = log.tell()
            self.process = subprocess.Popen(
                [self.rider, "worker"], env=self.environment, cwd=self.folder, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=log)
        return self.process

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self):
        """Ends it in order once it is up; gives its exit code."""
        self.wait(self.is_up, "the worker to start")
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=PATIENCE_SECONDS)

    def is_up(self):
        with open(self.log, "rb") as log:
            log.seek(self.log_start)
            return b"server is listening" in log.read()

    # MARK: - The journal

    def rows(self, sql):
        path = os.path.join(self.folder, "data", "journal.db")
        if not os.path.exists(path):
            return []
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        try:
            return connection.execute(sql).fetchall()
        except sqlite3.OperationalError:
            # The file is there before its tables are.
            return []
        finally:
            connection.close()

    def query(self, sql):
        rows = self.rows(sql)
        return rows[0][0] or 0 if rows else 0

    def wait(self, condition, what):
        end = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            if time.monotonic() > end:
                with open(self.log) as log:
                    sys.stderr.write(log.read()[-4000:])
                raise SystemExit(f"chaos: gave up waiting for {what}")
            time.sleep(0.005)
