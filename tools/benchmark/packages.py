"""Python packages that peers need: Debian's when they are installed, else from PyPI into a folder of the build's own."""
import functools
import os
import subprocess
import sys

from .program import ROOT

PYTHON = "/usr/bin/python3"
FOLDER = os.path.join(ROOT, ".build/benchmark-packages")
PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")


def environment(**more):
    return dict(os.environ, PYTHONPATH=os.pathsep.join((PEERS, FOLDER)), **more)


@functools.cache
def has(*names):
    """Whether all of them are there now. What is missing is installed; what cannot be is said in a line, once."""
    missing = [name for name in names if not imports(name)]
    if missing:
        subprocess.run(
            [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action", "ignore",
             "--target", FOLDER, *missing],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
        missing = [name for name in names if not imports(name)]
    if missing:
        print(f"bench: left out, neither installed nor to be had with pip: {', '.join(missing)}", file=sys.stderr)
    return not missing


def imports(name):
    # With what is in brackets pip brings a client of the version that the package wants; Debian's may be too old for PyPI's.
    name = name.partition("[")[0]
    module = {"pyzmq": "zmq"}.get(name, name.replace("-", "_"))
    return subprocess.run(
        [PYTHON, "-c", f"import {module}"], env=environment(), stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL).returncode == 0
