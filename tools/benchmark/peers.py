"""What people would pick instead: the same Redis, tasks that do nothing, drained by one worker process of each.

Sidekiq is Debian's (ruby-sidekiq) or left out; the others come from Debian or PyPI. They keep no result and publish nothing;
`rider` journals every result at FULL and publishes it.
"""
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

from . import packages, redis
from .figures import Figure
from .packages import PYTHON
from .program import start

PATIENCE_SECONDS = 120
FIGURES = [
    Figure("Sidekiq drain", "tasks/s", more_is_better=True),
    Figure("Celery drain, solo", "tasks/s", more_is_better=True),
    Figure("Dramatiq drain, 8 threads", "tasks/s", more_is_better=True),
    Figure("arq drain, tuned", "tasks/s", more_is_better=True),
    Figure("RQ drain", "tasks/s", more_is_better=True),
    Figure(
        "Redis drain, beside Sidekiq", "tasks/s", more_is_better=True, neighbour="Sidekiq drain", ratio_target=8),
]
# What it needs, how to put tasks in, how to run them, how to count those that wait, and how many there are.
PEERS = {
    "Sidekiq drain": (
        (), ["ruby", "sidekiq_job.rb"], ["sidekiq", "-r", "./sidekiq_job.rb", "-c", "10", "-q", "default"],
        ["llen", "queue:default"], 20_000),
    "Celery drain, solo": (
        ("celery[redis]",), [PYTHON, "celery_task.py"],
        [PYTHON, "-m", "celery", "-A", "celery_task", "worker", "--pool", "solo", "--loglevel", "ERROR", "--without-gossip",
         "--without-mingle", "--without-heartbeat"], ["llen", "celery"], 4_000),
    "Dramatiq drain, 8 threads": (
        ("dramatiq[redis]",), [PYTHON, "dramatiq_task.py"],
        [PYTHON, "-m", "dramatiq", "dramatiq_task", "--processes", "1", "--threads", "8"],
        ["llen", "dramatiq:default"], 8_000),
    "arq drain, tuned": (
        ("arq",), [PYTHON, "arq_task.py"], [PYTHON, "-m", "arq", "arq_task.WorkerSettings"], ["zcard", "arq:queue"], 3_000),
    "RQ drain": (
        ("rq",), [PYTHON, "rq_job.py"], [PYTHON, "-m", "rq.cli", "worker", "--quiet"],
        ["llen", "rq:queue:default"], 1_000),
}


class PeerFailed(Exception):
    """Says something about the peer, and nothing about the program."""


def run(figures, folder):
    if not shutil.which("redis-server"):
        return "redis-server is not installed"
    for name, (needed, enqueue, work, waiting, tasks) in PEERS.items():
        if installed(needed):
            try:
                with redis.server(folder) as path:
                    figures.add(name, drained(enqueue, work, waiting, tasks, path))
            except (PeerFailed, subprocess.CalledProcessError) as failure:
                print(f"bench: left out, {name}: {failure}", file=sys.stderr)
        # Directly after Sidekiq, which it is compared with.
        if name == "Sidekiq drain":
            with redis.server(folder) as path:
                redis.drain(figures, folder, path, "beside Sidekiq", 1)


def installed(needed):
    if needed:
        return packages.has(*needed)
    if not shutil.which("sidekiq"):
        print("bench: left out, Debian's ruby-sidekiq is not installed", file=sys.stderr)
    return bool(shutil.which("sidekiq"))


def drained(enqueue, work, waiting, tasks, path):
    """Tasks a second, from the first task that is taken to the last one."""
    environment = packages.environment(PEER_REDIS=path, RQ_REDIS_URL=f"unix://{path}", PYTHONDONTWRITEBYTECODE="1")
    subprocess.run(
        [*enqueue, str(tasks)], cwd=packages.PEERS, env=environment, check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    worker = start(
        work, cwd=packages.PEERS, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        with Redis(path) as server:
            end = time.monotonic() + PATIENCE_SECONDS
            first = None
            while True:
                left, now = server.length(waiting), time.monotonic()
                if first is None and left < tasks:
                    first, taken = now, tasks - left
                if left == 0:
                    return (tasks - taken) / (now - first)
                if now > end or worker.poll() is not None:
                    raise PeerFailed(f"{' '.join(work)} does not drain its queue")
                time.sleep(0.005)
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


class Redis:
    """Asks a server for lengths, on one connection: starting redis-cli again and again would take a core from the peer."""

    def __init__(self, path):
        self.connection = socket.socket(socket.AF_UNIX)
        self.connection.connect(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def length(self, command):
        self.connection.sendall(" ".join(command).encode() + b"\r\n")
        return int(self.connection.recv(64)[1:])
