"""20,000 text.nlu tasks through the embedded queue, journal at FULL, published; the same with bodies of 64 KiB; memory after 120,000.

A drain is measured by the journal's own times: from the first to the last recorded result of a worker that starts with
the tasks waiting. An embedded queue has one worker; two workers: see redis. The worker in C puts the same tasks into the same
tables and works them off, without looking into them.
"""
import os

from .figures import Figure
from .worker import World, resident_mib
from .worker_in_c import WorkerInC

TASKS, LARGE = 20_000, 2_000
# What a small task's envelope is in the queue, about.
ENVELOPE_BYTES = 200
FIGURES = [
    Figure("enqueue in C", "tasks/s", more_is_better=True),
    Figure("enqueue in JSON lines", "tasks/s", more_is_better=True, neighbour="enqueue in C"),
    Figure("embedded drain in C", "tasks/s", more_is_better=True),
    Figure("embedded drain", "tasks/s", more_is_better=True, target=20_000, neighbour="embedded drain in C"),
    Figure("embedded drain in C, 64 KiB bodies", "tasks/s", more_is_better=True),
    Figure(
        "embedded drain, 64 KiB bodies", "tasks/s", more_is_better=True, neighbour="embedded drain in C, 64 KiB bodies"),
    Figure("resident after 20,000 tasks", "MiB"),
    Figure("resident after 120,000 tasks", "MiB", neighbour="resident after 20,000 tasks", ratio_target=1.1),
]


def run(figures, folder):
    enqueued, drained = WorkerInC(os.path.join(folder, "c")).drain(TASKS, ENVELOPE_BYTES)
    figures.add("enqueue in C", enqueued)
    figures.add("embedded drain in C", drained)
    world = World(folder)
    figures.add("enqueue in JSON lines", TASKS / world.enqueue(TASKS))
    worker, _ = world.start()
    world.wait_for_results(world.enqueued)
    figures.add("embedded drain", rate(world, TASKS))
    figures.add("resident after 20,000 tasks", resident_mib(worker.pid))
    for _ in range(5):
        world.enqueue(TASKS)
        world.wait_for_results(world.enqueued)
    figures.add("resident after 120,000 tasks", resident_mib(worker.pid))
    world.stop(worker)

    _, drained = WorkerInC(os.path.join(folder, "c-large")).drain(LARGE, 65_536)
    figures.add("embedded drain in C, 64 KiB bodies", drained)
    large = World(os.path.join(folder, "large"))
    large.enqueue(LARGE, payload_bytes=65_536)
    worker, _ = large.start()
    large.wait_for_results(LARGE)
    figures.add("embedded drain, 64 KiB bodies", rate(large, LARGE))
    large.stop(worker)


def rate(world, tasks):
    first, last = world.query("SELECT min(recorded_at), max(recorded_at) FROM result WHERE topic <> 4")
    return tasks / max(0.001, (last - first) / 1000)
