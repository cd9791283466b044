"""Updating a metric, and a scrape of 1,000 series."""
from .figures import Figure
from .program import BENCHMARKS, figures_of

FIGURES = [
    Figure("counter update", "ns", target=30),
    Figure("histogram update", "ns", target=60),
    Figure("scrape of 1,000 series", "ms", target=1),
]


def run(figures, folder):
    measured = figures_of([BENCHMARKS, "metrics", "--series", "1000"])
    figures.add("counter update", measured["counter_ns"])
    figures.add("histogram update", measured["histogram_ns"])
    figures.add("scrape of 1,000 series", measured["scrape_ms"])
