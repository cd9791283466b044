"""Start of a worker whose journal has a million rows."""
import os

from .figures import Figure
from .program import BENCHMARKS, figures_of
from .worker import World

ROWS = 1_000_000
FIGURES = [Figure("start with 1,000,000 rows", "ms", target=200)]


def run(figures, folder):
    world = World(folder)
    figures_of([
        BENCHMARKS, "journal", "--directory", os.path.join(folder, "data"), "--rows", str(ROWS), "--batch", "1000",
        "--bytes", "400"])
    worker, ready = world.start()
    figures.add("start with 1,000,000 rows", ready * 1000)
    world.stop(worker)
