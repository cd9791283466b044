"""What a task costs with a million others waiting, against a thousand: processor time of the worker."""
import os

from .figures import Figure
from .worker import World, processor_seconds

MANY, FEW, ROUNDS = 1_000_000, 1_000, 20
COUNTED = 100_000
FIGURES = [
    Figure("cost per task, 1,000 waiting", "µs"),
    Figure("cost per task, 1,000,000 waiting", "µs", neighbour="cost per task, 1,000 waiting", ratio_target=1.3),
    Figure("drain with 1,000,000 waiting", "tasks/s", more_is_better=True, target=20_000),
]


def run(figures, folder):
    few = World(os.path.join(folder, "few"))
    worker, _ = few.start()
    few.enqueue(FEW)
    few.wait_for_results(few.enqueued)
    begin = processor_seconds(worker.pid)
    for _ in range(ROUNDS):
        few.enqueue(FEW)
        few.wait_for_results(few.enqueued)
    figures.add(
        "cost per task, 1,000 waiting", (processor_seconds(worker.pid) - begin) / (FEW * ROUNDS) * 1e6)
    few.stop(worker)

    many = World(os.path.join(folder, "many"))
    many.enqueue(MANY)
    worker, _ = many.start()
    first, begin = many.results(), processor_seconds(worker.pid)
    many.wait_for_results(first + COUNTED)
    last, end = many.results(), processor_seconds(worker.pid)
    figures.add("cost per task, 1,000,000 waiting", (end - begin) / (last - first) * 1e6)
    times = many.query(
        f"SELECT a.recorded_at, b.recorded_at FROM result a, result b WHERE a.seq = {first + 1} AND b.seq = {last}")
    figures.add("drain with 1,000,000 waiting", (last - first) / max(0.001, (times[1] - times[0]) / 1000))
    worker.kill()
    worker.wait()
