"""Journal commits at FULL against a C program with the same schema and batches.

Flat out in groups of 256 rows of 600 bytes; and at 10,000 results a second in twenties, how long a result waits until it is on
the disk. There the two take turns of a second, and the median of the turns counts: a disk that others use stalls now and then.
"""
import os
import statistics

from .figures import Figure
from .program import BENCHMARKS, figures_of, limit, schema_file

ROWS, BATCH, BYTES = 200_000, 256, 600
TURNS = 5
FIGURES = [
    Figure("journal in C", "rows/s", more_is_better=True),
    Figure("journal", "rows/s", more_is_better=True, neighbour="journal in C", ratio_target=0.8),
    Figure("commit in C p50 at 10,000/s", "ms"),
    Figure("commit in C p99 at 10,000/s", "ms"),
    Figure("commit p50 at 10,000/s", "ms", neighbour="commit in C p50 at 10,000/s"),
    Figure("commit p99 at 10,000/s", "ms", target=10, neighbour="commit in C p99 at 10,000/s"),
]


def run(figures, folder):
    flat = ["--rows", str(ROWS), "--batch", str(BATCH), "--bytes", str(BYTES)]
    paced = ["--rows", "10000", "--batch", "20", "--bytes", str(BYTES), "--rate", "10000"]
    schema = schema_file(folder, "journal")

    def in_c(name, options):
        return figures_of([limit("journal"), "--file", os.path.join(folder, name + ".db"), "--schema", schema, *options])

    def own(name, options):
        return figures_of([BENCHMARKS, "journal", "--directory", os.path.join(folder, name), *options])

    figures.add("journal in C", in_c("flat", flat)["rows_per_second"])
    figures.add("journal", own("flat", flat)["rows_per_second"])
    turns = [(in_c(f"paced{turn}", paced), own(f"paced{turn}", paced)) for turn in range(TURNS)]
    for index, label in enumerate(("commit in C", "commit")):
        for share in ("p50", "p99"):
            figures.add(
                f"{label} {share} at 10,000/s", statistics.median(turn[index][share + "_us"] for turn in turns) / 1000)
