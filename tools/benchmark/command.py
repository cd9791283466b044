"""The command line of tools/bench."""
import argparse
import importlib
import os
import platform
import signal
import subprocess
import sys
import tempfile

from . import program
from .figures import Figures, compare

# In the order in which they run. Each module has FIGURES, a first line that says what it does, and run(figures, folder).
SCENARIOS = [
    "drain", "backlog", "latency", "full_path", "frames", "footprint", "long_journal", "publish", "replay", "metrics", "journal",
    "history", "redis", "peers", "instructions",
]


def load(name):
    return importlib.import_module(f"benchmark.{name}")


def main(description):
    # As with Ctrl-C: what was started must end.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return command(description)
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 130
    except subprocess.CalledProcessError as failure:
        print(f"bench: {' '.join(map(str, failure.cmd))} failed with {failure.returncode}", file=sys.stderr)
        return 1


def command(description):
    if sys.argv[1:2] == ["compare"]:
        parser = argparse.ArgumentParser(prog="tools/bench compare", description="Two files of figures side by side.")
        parser.add_argument("before", help="written by --json FILE")
        parser.add_argument("after")
        arguments = parser.parse_args(sys.argv[2:])
        try:
            print(compare(arguments.before, arguments.after))
        except (OSError, ValueError, KeyError) as error:
            parser.error(f"not a file of figures: {error}")
        return 0
    if sys.argv[1:] in (["instructions", "--check"], ["instructions", "--keep"]):
        instructions = load("instructions")
        return instructions.check() if sys.argv[2] == "--check" else instructions.keep()

    parser = argparse.ArgumentParser(
        prog="tools/bench", description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help="all of them when none is named")
    parser.add_argument("--list", action="store_true", help="name the scenarios")
    parser.add_argument("--no-build", action="store_true", help="use the release programs that are there")
    parser.add_argument("--runs", type=positive, default=3, metavar="N", help="3 unless said otherwise")
    parser.add_argument("--json", metavar="FILE", help="write all figures of all runs")
    arguments = parser.parse_args()
    if arguments.list:
        for name in SCENARIOS:
            print(f"{name:<12} {load(name).__doc__.splitlines()[0]}")
        return 0
    unknown = [name for name in arguments.scenarios if name not in SCENARIOS]
    if unknown:
        parser.error(f"unknown: {', '.join(unknown)}; known are {', '.join(SCENARIOS)}")
    modules = {name: load(name) for name in arguments.scenarios or SCENARIOS}
    figures = Figures(figure for module in modules.values() for figure in module.FIGURES)
    if not arguments.no_build:
        program.build("rider", "rider-benchmarks")
    try:
        measure(modules, figures, arguments.runs)
    finally:
        # Also what there was before an interruption.
        if figures.any():
            print(figures.table())
        if figures.any() and arguments.json:
            figures.write(arguments.json, {
                "cores": os.cpu_count(), "system": platform.platform(), "load_at_end": os.getloadavg()[0]})
    return 0


def measure(modules, figures, runs):
    for run in range(runs):
        for name, module in modules.items():
            if name in figures.skipped:
                continue
            print(f"run {run + 1} of {runs}: {name}", file=sys.stderr)
            with tempfile.TemporaryDirectory(prefix="rider-bench-", ignore_cleanup_errors=True) as folder:
                try:
                    reason = module.run(figures, folder)
                finally:
                    program.end_all()
            if reason:
                figures.skip(name, reason)


def positive(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
