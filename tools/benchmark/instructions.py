"""Instructions per task of each step of its way, counted by valgrind: a slow-down shows even on a noisy machine.

The same batches go through one step after the other: read the header, enqueue, claim, run and encode, journal, acknowledge,
publish; then a worker between a queue and a journal that do nothing, a thousand updates of metrics, and a scrape. Times,
hashes and inputs are the same in every run, start and end are not counted, and of the batches the median counts.

`tools/bench instructions --keep` writes the counts to instructions.json, `--check` fails when a step costs clearly more than
what is kept for the same compiler, processor and SQLite.
"""
import json
import os
import platform
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile

from . import callgrind
from .figures import Figure, columns
from .program import BENCHMARKS, COUNTS, Subscriber, build
from .worker import free_port

KEPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "instructions.json")
BATCHES, WARMING_UP = 9, 2
# Runs of one program differ by less than 1 %, and an unrelated change moves code about for another one.
TOLERANCE = 0.05
# Here libzmq's own thread sends, as many messages at a time as have come meanwhile.
TOLERANCES = {"publish": 0.15}
# A provider's work is a part of the worker's.
WAY = ("header read", "enqueue", "claim", "worker alone", "journal", "acknowledge", "publish")
WHOLE = "a task's whole way"
STEPS = (
    "header read", "enqueue", "claim", "provider and message", "journal", "acknowledge", "publish", "worker alone",
    "1,000 metric updates", "scrape of 1,000 series", WHOLE)
FIGURES = [Figure(f"instructions: {step}", "") for step in STEPS]


def run(figures, folder):
    if not callgrind.is_installed():
        return "valgrind is not installed"
    for step, cost in measured().items():
        figures.add(f"instructions: {step}", cost)


def measured():
    """Instructions per task, by step."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="rider-bench-") as folder, Subscriber(port):
        counted = callgrind.count(
            BENCHMARKS, ["steps", "--directory", folder, "--port", str(port), "--rounds", str(BATCHES)], COUNTS)
    costs = {step: [] for step in STEPS if step != WHOLE}
    for step, tasks, path in counted:
        if step:
            costs[step].append(callgrind.instructions(path) / tasks)
            # The last batch of each step stays, for whoever wants to know where the instructions went.
            os.replace(path, file_of(step))
        else:
            os.remove(path)
    medians = {step: round(statistics.median(values[WARMING_UP:])) for step, values in costs.items()}
    medians[WHOLE] = sum(medians[step] for step in WAY)
    return medians


def file_of(step):
    return os.path.join(COUNTS, re.sub(r"[^a-z0-9]+", "-", step) + ".callgrind")


def toolchain():
    """What counts depend on besides the program; those of another one say nothing."""
    version = subprocess.run(["swift", "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    swift = re.search(r"Swift version (\S+)", version)
    return f"Swift {swift[1] if swift else 'unknown'}, {platform.machine()}, SQLite {sqlite3.sqlite_version}"


def compare(kept, today):
    """Rows of a table, and the steps that have become dearer by more than their tolerance."""
    rows, dearer = [("INSTRUCTIONS PER TASK", "KEPT", "TODAY", "CHANGE", "MAY", "")], []
    for step, cost in today.items():
        if step not in kept:
            rows.append((step, "", f"{cost:,}", "", "", "new"))
            continue
        change, tolerance = cost / kept[step] - 1, TOLERANCES.get(step, TOLERANCE)
        verdict = "DEARER" if change > tolerance else "cheaper: keep it" if change < -tolerance else ""
        if change > tolerance:
            dearer.append(step)
        rows.append((step, f"{kept[step]:,}", f"{cost:,}", f"{change:+.1%}", f"{tolerance:+.0%}", verdict))
    return rows, dearer


def check():
    """The exit code: 1 when a step costs clearly more than is kept, 0 also when there is nothing to compare with."""
    if not callgrind.is_installed():
        print("instructions: not counted, valgrind is not installed")
        return 0
    with open(KEPT) as file:
        kept = json.load(file)
    if toolchain() not in kept:
        print(f"instructions: not compared, nothing is kept for {toolchain()}; kept are counts for {'; '.join(kept)}")
        return 0
    build("rider-benchmarks")
    kept, today = kept[toolchain()], measured()
    rows, dearer = compare(kept, today)
    if dearer:
        # What other threads do besides can only have added to it.
        again = measured()
        rows, dearer = compare(kept, {step: min(cost, again[step]) for step, cost in today.items()})
    print(columns(rows, right=(1, 2, 3, 4)))
    for step in dearer:
        if step != WHOLE:
            print(f"\n{step}, where the instructions of the last batch went ({os.path.relpath(file_of(step))}):")
            for cost, function in callgrind.dearest_functions(file_of(step)):
                print(f"{cost:>12,}  {demangled(function)[:110]}")
    if dearer:
        print("\nFind out why, or keep today's counts with `tools/bench instructions --keep` and say in the commit what they buy.")
    return 1 if dearer else 0


def demangled(function):
    if not function.startswith("$s") or not shutil.which("swift"):
        return function
    # A mark of callgrind's own for recursion.
    name = function.partition("'")[0]
    return subprocess.run(
        ["swift", "demangle", "--compact", "--simplified", name], stdout=subprocess.PIPE, text=True).stdout.strip()


def keep():
    if not callgrind.is_installed():
        print("instructions: valgrind is not installed", file=sys.stderr)
        return 1
    build("rider-benchmarks")
    today = measured()
    try:
        with open(KEPT) as file:
            kept = json.load(file)
    except FileNotFoundError:
        kept = {}
    rows, _ = compare(kept.get(toolchain(), {}), today)
    print(columns(rows, right=(1, 2, 3, 4)))
    kept[toolchain()] = today
    with open(KEPT, "w") as file:
        json.dump(kept, file, indent=1)
        file.write("\n")
    print(f"kept for {toolchain()}")
    return 0
