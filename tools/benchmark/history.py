"""Metric history: what a round costs, exports of 10 million samples, and 30 days of 300 series.

Histograms, counters and gauges of a busy worker, generated (Sources/HistorySamples.swift): most of them change in each round,
so an idle worker's history is a small part of this. Beside it a program in C keeps samples as plain rows of SQLite, in the order of
their arrival, and prints them.
"""
import os
import time

from .figures import Figure
from .program import BENCHMARKS, RIDER, figures_of, limit, start
from .worker import resident_mib

SAMPLES = 10_000_000
DAYS = 30

FIGURES = [
    Figure("round of 1,000 series in C", "ms"),
    Figure("round of 1,000 series in C, p99", "ms"),
    Figure("disk of a round of 1,000 series in C", "KiB"),
    Figure("round of 1,000 series", "ms", target=5, neighbour="round of 1,000 series in C"),
    Figure("round of 1,000 series, p99", "ms", neighbour="round of 1,000 series in C, p99"),
    Figure(
        "disk of a round of 1,000 series", "KiB", target=20, neighbour="disk of a round of 1,000 series in C"),
    Figure("csv export in C", "samples/s", more_is_better=True),
    Figure("csv export", "samples/s", more_is_better=True, target=1_000_000, neighbour="csv export in C"),
    Figure("csv export, resident", "MiB", target=128),
    Figure("openmetrics export in C", "samples/s", more_is_better=True),
    Figure("openmetrics export", "samples/s", more_is_better=True, target=500_000, neighbour="openmetrics export in C"),
    Figure("openmetrics export, resident", "MiB", target=128),
    Figure("30 days of 300 series", "MiB", target=1024),
    Figure("30 days of 300 series, as minutes", "MiB"),
    Figure("30 days of 300 series, as hours", "MiB"),
    Figure("30 days of 300 series with both", "MiB", target=1024),
    Figure("bytes per sample", "B"),
]


def export(folder, form):
    """Samples a second, and the most memory it had."""
    begin, resident = time.monotonic(), 0
    process = start(
        [RIDER, "export-metrics", "--data-dir", folder, "--format", form, "--output", os.path.join(folder, form)],
        cwd=folder)
    # What wait4() says of its memory would count this program's own, from which it was forked.
    while process.poll() is None:
        resident = max(resident, resident_mib(process.pid, "VmHWM"))
        time.sleep(0.01)
    seconds = time.monotonic() - begin
    if process.returncode:
        raise SystemExit(f"bench: the export as {form} failed")
    os.remove(os.path.join(folder, form))
    return seconds, resident


def sampled(folder, name, series, rounds, *options):
    place = os.path.join(folder, name)
    os.mkdir(place)
    return place, figures_of([
        BENCHMARKS, "history", "--directory", place, "--series", str(series), "--rounds", str(rounds), *options])


def in_c(figures, folder):
    database, out = os.path.join(folder, "c.db"), os.path.join(folder, "c.txt")
    measured = figures_of([limit("samples"), "--file", database, "--series", "1000", "--rounds", "1200"])
    figures.add("round of 1,000 series in C", measured["mean_ms"])
    figures.add("round of 1,000 series in C, p99", measured["p99_us"] / 1000)
    figures.add("disk of a round of 1,000 series in C", measured["bytes_per_round"] / 1024)
    for form in ("csv", "openmetrics"):
        exported = figures_of([limit("samples"), "--file", database, f"--{form}", out])
        figures.add(f"{form} export in C", exported["samples_per_second"])
    os.remove(out)


def run(figures, folder):
    in_c(figures, folder)
    _, measured = sampled(folder, "cost", 1000, 1200)
    figures.add("round of 1,000 series", measured["mean_ms"])
    figures.add("round of 1,000 series, p99", measured["p99_ms"])
    figures.add("disk of a round of 1,000 series", measured["bytes_per_round"] / 1024)

    place, measured = sampled(folder, "export", 300, SAMPLES // 288)
    for form in ("csv", "openmetrics"):
        seconds, resident = export(place, form)
        figures.add(f"{form} export", measured["samples"] / seconds)
        figures.add(f"{form} export, resident", resident)

    _, measured = sampled(folder, "days", 300, DAYS * 86_400 // 5, "--roll-up")
    mib = {kind: measured[kind] / 2**20 for kind in ("bytes", "minute_bytes", "hour_bytes")}
    figures.add("30 days of 300 series", mib["bytes"])
    figures.add("30 days of 300 series, as minutes", mib["minute_bytes"])
    figures.add("30 days of 300 series, as hours", mib["hour_bytes"])
    figures.add("30 days of 300 series with both", sum(mib.values()))
    figures.add("bytes per sample", measured["bytes_per_sample"])
