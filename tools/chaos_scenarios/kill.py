"""Ends a worker with kill -9 at random moments and shows that no task was lost.

A folder of its own, the embedded queue, text.nlu tasks of all ten levels. After each kill the worker is started again. At the end
every task must have its result in the journal, exactly one that counts, and a result that stands there twice must say so by its
attempt.
"""
import random
import tempfile

from .verdict import Verdict
from .world import World


def add_arguments(parser):
    parser.add_argument("--tasks", type=int, default=5000, help="at least so many; default 5000")
    parser.add_argument("--kills", type=int, default=20, help="default 20")


def run(arguments):
    generator = random.Random(arguments.seed)
    share = max(1, arguments.tasks // arguments.kills)
    verdict = Verdict()
    with tempfile.TemporaryDirectory(prefix="rider-chaos-") as folder:
        world = World(arguments.rider, folder)

        def results():
            return world.query("SELECT count(*) FROM result WHERE topic <> 4")

        def distinct():
            return world.query("SELECT count(DISTINCT task_id) FROM result WHERE topic <> 4")

        try:
            for number in range(1, arguments.kills + 1):
                # There must be something to interrupt, however fast the machine is.
                while world.enqueued < number * share or world.enqueued - distinct() < share:
                    world.enqueue(share)
                target = results() + generator.randint(1, share)
                world.start()
                world.wait(lambda: results() >= target, "results")
                world.kill()
            world.start()
            world.wait(lambda: distinct() >= world.enqueued, "the last results")
            ended = world.stop()
        finally:
            if world.process and world.process.poll() is None:
                world.kill()
        verdict.say("tasks", world.enqueued)
        verdict.say("kills", arguments.kills)
        verdict.say("with a result", distinct())
        verdict.demand("lost", world.enqueued - distinct())
        verdict.say("run twice", results() - distinct())
        verdict.demand("reported twice as new", world.query(
            "SELECT count(*) FROM (SELECT 1 FROM result WHERE topic <> 4 GROUP BY task_id, attempt HAVING count(*) > 1)"))
        verdict.demand("not exactly one that counts", world.query(
            """SELECT count(*) FROM (SELECT 1 FROM result AS r LEFT JOIN superseded AS s USING (seq)
               WHERE r.topic <> 4 GROUP BY r.task_id HAVING sum(s.seq IS NULL) <> 1)"""))
        verdict.demand("journal damaged", int(world.query("PRAGMA integrity_check") != "ok"))
        verdict.demand("exit code at the end", ended)
    return verdict
