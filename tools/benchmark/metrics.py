"""Updating a metric, and a scrape of 1,000 series, beside bare atomics and snprintf in C and beside prometheus-client."""
import os

from . import packages
from .figures import Figure
from .program import BENCHMARKS, figures_of, limit

# What it is called, its unit, the program's key for it, what it must reach.
MEASURED = (
    ("counter update", "ns", "counter_ns", 30), ("histogram update", "ns", "histogram_ns", 60),
    ("scrape of 1,000 series", "ms", "scrape_ms", 1))
FIGURES = [
    figure for name, unit, _, target in MEASURED
    for figure in (
        Figure(f"prometheus-client, {name}", unit),
        Figure(f"{name} in C", unit),
        Figure(name, unit, target=target, neighbour=f"{name} in C"))]


def run(figures, folder):
    if packages.has("prometheus-client"):
        peer = figures_of(
            [packages.PYTHON, os.path.join(packages.PEERS, "prometheus_metrics.py")], env=packages.environment())
        for name, _, key, _ in MEASURED:
            figures.add(f"prometheus-client, {name}", peer[key])
    for who, command in ((" in C", [limit("metrics")]), ("", [BENCHMARKS, "metrics"])):
        measured = figures_of([*command, "--series", "1000"])
        for name, _, key, _ in MEASURED:
            figures.add(name + who, measured[key])
