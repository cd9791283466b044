"""What people would pick instead: the same Redis, tasks that do nothing, drained by one worker process of each.

Debian's packages (ruby-sidekiq, python3-celery, python3-rq); what is not installed is left out. They keep no result and publish
nothing; `rider` journals every result at FULL and publishes it.
"""
import os
import shutil
import signal
import subprocess
import sys
import time

from . import redis
from .figures import Figure

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")
PATIENCE_SECONDS = 120
FIGURES = [
    Figure("Sidekiq drain", "tasks/s", more_is_better=True),
    Figure("Celery drain, solo", "tasks/s", more_is_better=True),
    Figure("RQ drain", "tasks/s", more_is_better=True),
    Figure(
        "Redis drain, beside Sidekiq", "tasks/s", more_is_better=True, neighbour="Sidekiq drain", ratio_target=8),
]
# How to put tasks in, how to run them, the list they wait in, and how many of them.
PEERS = {
    "Sidekiq drain": (
        ["ruby", "sidekiq_job.rb"], ["sidekiq", "-r", "./sidekiq_job.rb", "-c", "10", "-q", "default"], "queue:default",
        20_000),
    "Celery drain, solo": (
        ["/usr/bin/python3", "celery_task.py"],
        ["/usr/bin/python3", "-m", "celery", "-A", "celery_task", "worker", "--pool", "solo", "--loglevel", "ERROR", "--without-gossip",
         "--without-mingle", "--without-heartbeat"], "celery", 4_000),
    "RQ drain": (
        ["/usr/bin/python3", "rq_job.py"], ["/usr/bin/python3", "-m", "rq.cli", "worker", "--burst", "--quiet"],
        "rq:queue:default", 1_000),
}


def run(figures, folder):
    if not shutil.which("redis-server"):
        return "redis-server is not installed"
    for name, (enqueue, work, waiting, tasks) in PEERS.items():
        if not installed(name):
            print(f"bench: {name} is left out: its Debian package is not installed", file=sys.stderr)
            continue
        with redis.server(folder) as socket:
            figures.add(name, drained(enqueue, work, waiting, tasks, socket))
    with redis.server(folder) as socket:
        redis.drain(figures, folder, socket, "beside Sidekiq", 1)


def installed(name):
    if name.startswith("Sidekiq"):
        return bool(shutil.which("sidekiq"))
    module = "celery" if name.startswith("Celery") else "rq"
    return subprocess.run(
        ["/usr/bin/python3", "-c", f"import {module}, redis"], stderr=subprocess.DEVNULL).returncode == 0


def drained(enqueue, work, waiting, tasks, socket):
    """Tasks a second, from the first task that is taken to the last one."""
    environment = dict(os.environ, PEER_REDIS=socket, RQ_REDIS_URL=f"unix://{socket}", PYTHONPATH=FOLDER)
    subprocess.run([*enqueue, str(tasks)], cwd=FOLDER, env=environment, check=True, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    worker = start(
        work, cwd=FOLDER, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        end = time.monotonic() + PATIENCE_SECONDS
        first = None
        while True:
            left, now = length(socket, waiting), time.monotonic()
            if first is None and left < tasks:
                first, taken = now, tasks - left
            if left == 0:
                return (tasks - taken) / (now - first)
            if now > end or worker.poll() is not None and left:
                raise SystemExit(f"bench: {work} does not drain its queue")
            time.sleep(0.005)
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()


def length(socket, key):
    output = subprocess.run(["redis-cli", "-s", socket, "llen", key], stdout=subprocess.PIPE, check=True).stdout
    return int(output)
