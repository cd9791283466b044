"""The command line of tools/chaos."""
import argparse
import importlib
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Each module has a docstring that says what it does and checks, add_arguments(parser), and run(arguments), which gives a Verdict.
SCENARIOS = ["kill", "queue", "link", "engines"]


def load(name):
    return importlib.import_module(f"chaos_scenarios.{name}")


def main(description):
    if sys.argv[1:] == ["--list"]:
        for name in SCENARIOS:
            print(f"{name:<8} {load(name).__doc__.splitlines()[0]}")
        return 0
    parser = argparse.ArgumentParser(
        prog="tools/chaos", description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="name the scenarios")
    commands = parser.add_subparsers(dest="scenario", required=True, metavar="SCENARIO")
    for name in SCENARIOS:
        module = load(name)
        command = commands.add_parser(
            name, help=module.__doc__.splitlines()[0], description=module.__doc__,
            formatter_class=argparse.RawDescriptionHelpFormatter)
        command.add_argument(
            "--rider", default=os.path.join(ROOT, ".build/release/rider"), help="the program; the release build by default")
        command.add_argument("--seed", type=int, default=None, help="the same choices again")
        module.add_arguments(command)
    arguments = parser.parse_args()
    return load(arguments.scenario).run(arguments).tell()
