"""Three workers on one Redis; workers and Redis are killed and frozen, and every task must end well.

Redis (a server of its own on a unix socket, append-only file) and three workers, each with a journal of its own. Tasks of random
priority are put in share by share; after a random part of each share something happens:

    kill      a worker is ended with kill -9 and started again
    hang      a worker is frozen (SIGSTOP) for longer than its leases last
    restart   Redis is ended with kill -9 and started again
    freeze    Redis is frozen for longer than leases last

At the end all workers are up, the queue runs empty, and they are told to stop. Then is checked:

    results   every task has exactly one result in the three journals together that is not superseded, or it is a dead letter and has
              none
    order     Redis' MONITOR shows what the queue's scripts do. The tool keeps a list of its own of the tasks that wait and looks at
              every claim: no task of a more urgent level, and no older one of the same level, may be waiting at that moment. Claims in
              the last moments before a kill of Redis that MONITOR no longer told of are not judged. All tasks are of one type, so that
              no worker has a reason to leave one out.
"""
import collections
import os
import random
import signal
import tempfile
import time

from .claim_watch import ClaimWatch
from .redis_server import RedisServer
from .verdict import Verdict
from .world import World

LEASE_SECONDS = 1


def add_arguments(parser):
    parser.add_argument("--tasks", type=int, default=50_000, help="default 50000")
    parser.add_argument("--workers", type=int, default=3, help="default 3")
    parser.add_argument("--kills", type=int, default=12, help="of workers; default 12")
    parser.add_argument("--hangs", type=int, default=2, help="of workers; default 2")
    parser.add_argument("--restarts", type=int, default=2, help="of Redis; default 2")
    parser.add_argument("--freezes", type=int, default=2, help="of Redis; default 2")
    parser.add_argument("--freeze-seconds", type=float, default=2.5, help="how long a freeze or hang lasts; default 2.5")


def run(arguments):
    with tempfile.TemporaryDirectory(prefix="rider-chaos-") as folder:
        scenario = Scenario(arguments, folder)
        try:
            scenario.work()
            return scenario.judge()
        finally:
            scenario.end()


class Scenario:
    def __init__(self, arguments, folder):
        self.arguments = arguments
        self.generator = random.Random(arguments.seed)
        self.server = RedisServer(folder)
        self.watch = ClaimWatch()
        self.worlds = [
            World(
                arguments.rider, os.path.join(folder, f"worker{number}"), name=f"worker{number}",
                RIDER_QUEUE_BACKEND="redis", RIDER_REDIS_SOCKET=self.server.path,
                RIDER_QUEUE_LEASE_SECONDS=str(LEASE_SECONDS), RIDER_REDIS_COMMAND_TIMEOUT_MS="500",
                RIDER_REDIS_BLOCK_MS="1000", RIDER_QUEUE_MAX_DEAD_LETTERS="10000000")
            for number in range(1, arguments.workers + 1)]
        self.producer = self.worlds[0]
        self.exit_codes = []

    # MARK: - What happens

    def work(self):
        arguments, generator = self.arguments, self.generator
        # Every worker is killed, as far as there are kills enough.
        victims = [self.worlds[number % len(self.worlds)] for number in range(arguments.kills + arguments.hangs)]
        events = (
            [(self.kill, world) for world in victims[:arguments.kills]]
            + [(self.hang, world) for world in victims[arguments.kills:]]
            + [(self.restart_redis,)] * arguments.restarts + [(self.freeze_redis,)] * arguments.freezes)
        generator.shuffle(events)
        share = max(1, arguments.tasks // (len(events) + 1))

        self.server.start(self.watch.follow)
        self.put(share)
        for world in self.worlds:
            world.start()
        for event, *victim in events:
            target = self.results() + generator.randint(1, share)
            self.put(share)
            self.producer.wait(lambda: self.results() >= target, "results")
            event(*victim)
        self.put(arguments.tasks - self.producer.enqueued)
        self.producer.wait(self.is_empty, "the queue to run empty")
        self.exit_codes = [world.stop() for world in self.worlds]

    def put(self, count):
        if count > 0:
            self.producer.enqueue(count, priority=lambda number: self.generator.randint(1, 10))

    def results(self):
        return sum(world.query("SELECT count(*) FROM result WHERE topic <> 4") for world in self.worlds)

    def is_empty(self):
        time.sleep(0.1)
        stats = self.producer.ask("queue", "stats")
        return not any(stats[state] for state in ("waiting", "leased", "delayed", "superseded"))

    def kill(self, world):
        world.kill()
        world.start()

    def hang(self, world):
        world.process.send_signal(signal.SIGSTOP)
        time.sleep(self.arguments.freeze_seconds)
        world.process.send_signal(signal.SIGCONT)

    def restart_redis(self):
        self.server.kill()
        self.watch.end()
        self.server.start(self.watch.follow)

    def freeze_redis(self):
        self.server.freeze(self.arguments.freeze_seconds)

    # MARK: - What must be

    def judge(self):
        dead = collections.Counter(
            letter["task_id"] for letter in self.producer.ask("queue", "dead", "list", "--limit", "10000000"))
        self.server.kill()
        self.watch.end()
        counting, superseded = collections.Counter(), 0
        for world in self.worlds:
            for task, is_superseded in world.rows(
                    """SELECT r.task_id, s.seq IS NOT NULL FROM result AS r LEFT JOIN superseded AS s USING (seq)
                       WHERE r.topic <> 4"""):
                superseded += is_superseded
                counting[task] += not is_superseded
        tasks = [f"t{number}" for number in range(self.producer.enqueued)]
        verdict = Verdict()
        verdict.say("tasks", len(tasks))
        verdict.say("kills of workers", self.arguments.kills)
        verdict.say("hangs of workers", self.arguments.hangs)
        verdict.say("restarts of Redis", self.arguments.restarts)
        verdict.say("freezes of Redis", self.arguments.freezes)
        verdict.say("results that count", sum(counting.values()))
        verdict.say("superseded results", superseded)
        verdict.say("dead letters", sum(dead.values()))
        verdict.demand("lost", sum(not counting[task] and not dead[task] for task in tasks))
        verdict.demand("with two results that count", sum(counting[task] > 1 for task in tasks))
        verdict.demand("dead with a result that counts", sum(bool(counting[task] and dead[task]) for task in tasks))
        verdict.demand("of no task", len(set(counting) - set(tasks)))
        verdict.say("claims watched", self.watch.claims)
        verdict.demand("claims out of order", self.watch.out_of_order)
        verdict.demand("claims of what did not wait", self.watch.unknown)
        verdict.demand("workers that did not end well", sum(code != 0 for code in self.exit_codes))
        if self.watch.first_wrong:
            print("out of order: " + self.watch.first_wrong)
        return verdict

    def end(self):
        """Leaves no process behind, however it went."""
        for process in [self.server.process, *(world.process for world in self.worlds)]:
            if process and process.poll() is None:
                process.send_signal(signal.SIGKILL)
                process.wait()
