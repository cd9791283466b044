"""Instructions per task on the main path, counted by valgrind: a slow-down shows even on a noisy machine.

A worker in one process runs 1,000 and 3,000 text.nlu tasks from the queue to a listener; what the second run took more is the
cost of 2,000 tasks, without start and end. The kept count is in instructions.json: `tools/bench instructions --check` fails when
today's is more than the tolerance above it, `tools/bench instructions --keep` writes today's.
"""
import json
import os
import re
import statistics
import subprocess
import tempfile

from .figures import Figure
from .program import BENCHMARKS, Subscriber
from .worker import free_port

KEPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "instructions.json")
FEW, MANY, PAIRS = 1000, 3000, 3
FIGURES = [Figure("instructions per task", "")]


def run(figures, folder):
    if not available():
        return "valgrind is not installed"
    figures.add("instructions per task", per_task())


def available():
    return subprocess.run(["which", "valgrind"], stdout=subprocess.DEVNULL).returncode == 0


def per_task():
    """The median of some pairs of runs: batches form a little differently each time."""
    return statistics.median((counted(MANY) - counted(FEW)) / (MANY - FEW) for _ in range(PAIRS))


def counted(tasks):
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="rider-bench-") as folder, Subscriber(port):
        # The program must be stripped: valgrind cannot read the compiler's debug information.
        program = os.path.join(folder, "rider-benchmarks")
        subprocess.run(["strip", "-o", program, BENCHMARKS], check=True)
        report = subprocess.run(
            ["valgrind", "--tool=callgrind", f"--callgrind-out-file={folder}/callgrind.out", program, "main-path",
             "--tasks", str(tasks), "--directory", os.path.join(folder, "data"), "--port", str(port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=300, check=True).stderr
    return int(re.search(r"Collected : (\d+)", report).group(1))


def check():
    with open(KEPT) as file:
        kept = json.load(file)
    today = per_task()
    change = today / kept["per_task"] - 1
    print(f"instructions per task: {today:,.0f}, kept {kept['per_task']:,.0f} ({change:+.1%})")
    if change > kept["tolerance"]:
        print(f"more than {kept['tolerance']:.0%} above what is kept: find out why, or keep today's count with "
              "`tools/bench instructions --keep`")
        return 1
    return 0


def keep():
    count = round(per_task())
    with open(KEPT, "w") as file:
        json.dump({"per_task": count, "tolerance": 0.15}, file, indent=1)
        file.write("\n")
    print(f"kept {count:,} instructions per task")
    return 0
