"""Start of a worker whose journal has a million rows; and of a worker in C with the same journal."""
import os

from .figures import Figure
from .program import BENCHMARKS, figures_of
from .worker import World
from .worker_in_c import WorkerInC

ROWS = 1_000_000
FIGURES = [
    Figure("start with 1,000,000 rows in C", "ms"),
    Figure("start with 1,000,000 rows", "ms", target=200, neighbour="start with 1,000,000 rows in C"),
]


def run(figures, folder):
    world = World(folder)
    data = os.path.join(folder, "data")
    figures_of([
        BENCHMARKS, "journal", "--directory", data, "--rows", str(ROWS), "--batch", "1000", "--bytes", "400"])
    for who, one in ((" in C", WorkerInC(os.path.join(folder, "c"), os.path.join(data, "journal.db"))), ("", world)):
        worker, ready = one.start()
        figures.add("start with 1,000,000 rows" + who, ready * 1000)
        one.stop(worker)
