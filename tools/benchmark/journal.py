"""Journal commits at FULL against a C program with the same schema and batches.

Flat out in groups of 256 rows of 600 bytes, and at 10,000 results a second for the time of a commit.
"""
import os

from .figures import Figure
from .program import BENCHMARKS, ROOT, figures_of, limit

ROWS, BATCH, BYTES = 200_000, 256, 600
FIGURES = [
    Figure("journal in C", "rows/s", more_is_better=True),
    Figure("journal", "rows/s", more_is_better=True, neighbour="journal in C", ratio_target=0.8),
    Figure("commit p50 at 10,000/s", "ms"),
    Figure("commit p99 at 10,000/s", "ms", target=10),
]


def run(figures, folder):
    options = ["--rows", str(ROWS), "--batch", str(BATCH), "--bytes", str(BYTES)]
    schema = os.path.join(ROOT, "migrations/journal_001_results.sql")
    bare = figures_of([limit("journal"), "--file", os.path.join(folder, "c.db"), "--schema", schema, *options])
    own = figures_of([BENCHMARKS, "journal", "--directory", os.path.join(folder, "own"), *options])
    paced = figures_of([
        BENCHMARKS, "journal", "--directory", os.path.join(folder, "paced"), "--rows", "50000", "--batch", "20",
        "--bytes", str(BYTES), "--rate", "10000"])
    figures.add("journal in C", bare["rows_per_second"])
    figures.add("journal", own["rows_per_second"])
    figures.add("commit p50 at 10,000/s", paced["p50_ms"])
    figures.add("commit p99 at 10,000/s", paced["p99_ms"])
