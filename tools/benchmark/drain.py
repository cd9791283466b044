"""20,000 text.nlu tasks through the embedded queue, journal at FULL, published; and the memory after 120,000.

A drain is measured by the journal's own times: from the first to the last recorded result of a worker that starts with
the tasks waiting.
"""
from .figures import Figure
from .worker import World, resident_mib

TASKS = 20_000
FIGURES = [
    Figure("enqueue in JSON lines", "tasks/s", more_is_better=True),
    Figure("embedded drain", "tasks/s", more_is_better=True, target=20_000),
    Figure("resident after 20,000 tasks", "MiB"),
    Figure("resident after 120,000 tasks", "MiB", neighbour="resident after 20,000 tasks", ratio_target=1.1),
]


def run(figures, folder):
    world = World(folder)
    figures.add("enqueue in JSON lines", TASKS / world.enqueue(TASKS))
    worker, _ = world.start()
    world.wait_for_results(world.enqueued)
    first, last = world.query("SELECT min(recorded_at), max(recorded_at) FROM result WHERE topic <> 4")
    figures.add("embedded drain", TASKS / max(0.001, (last - first) / 1000))
    figures.add("resident after 20,000 tasks", resident_mib(worker.pid))
    for _ in range(5):
        world.enqueue(TASKS)
        world.wait_for_results(world.enqueued)
    figures.add("resident after 120,000 tasks", resident_mib(worker.pid))
    world.stop(worker)
