"""Handing a message to the publisher against a bare zmq_send in C and against pyzmq, at the same rate; and flat out.

All send to the same kind of listener, one after the other in the same run. Flat out nothing may be dropped: they wait
instead when the listener is behind, and what the listener counted is compared with what was sent.
"""
import os

from . import packages
from .figures import Figure
from .program import BENCHMARKS, Subscriber, figures_of, limit
from .worker import free_port

RATE, SECONDS, BYTES = 1000, 5, 400
MESSAGES, FEW = 1_000_000, 50_000
FIGURES = [
    Figure("zmq_send in C p50", "µs"),
    Figure("zmq_send in C p99", "µs"),
    Figure("pyzmq and json p50", "µs"),
    Figure("pyzmq and json p99", "µs"),
    Figure("hand-off p50", "µs", neighbour="zmq_send in C p50", ratio_target=1),
    Figure("hand-off p99", "µs", neighbour="zmq_send in C p99", ratio_target=1),
    Figure("publish in C, 400 B", "messages/s", more_is_better=True),
    Figure("publish with pyzmq, 400 B", "messages/s", more_is_better=True),
    Figure("publish, 400 B", "messages/s", more_is_better=True, target=300_000, neighbour="publish in C, 400 B"),
]


def run(figures, folder):
    pace = ["--rate", str(RATE), "--seconds", str(SECONDS), "--bytes", str(BYTES)]
    flat = ["--messages", str(MESSAGES), "--bytes", str(BYTES)]
    pyzmq = [packages.PYTHON, os.path.join(packages.PEERS, "zmq_publish.py")] if packages.has("pyzmq") else None
    for label, command in (
            ("zmq_send in C", [limit("publish")]), ("pyzmq and json", pyzmq), ("hand-off", [BENCHMARKS, "hand-off"])):
        if command:
            measured = paced(command, pace)
            for share in ("p50", "p99"):
                figures.add(f"{label} {share}", measured[share + "_us"])
    figures.add("publish in C, 400 B", counted([limit("publish")], flat))
    if pyzmq:
        figures.add("publish with pyzmq, 400 B", counted(pyzmq, ["--messages", str(FEW), "--bytes", str(BYTES)]))
    figures.add("publish, 400 B", counted([BENCHMARKS, "throughput"], flat))


def paced(command, options):
    port = free_port()
    with Subscriber(port):
        return figures_of([*command, "--port", str(port), *options], env=packages.environment())


def counted(command, options):
    port = free_port()
    with Subscriber(port) as subscriber:
        measured = figures_of([*command, "--port", str(port), *options], env=packages.environment())
        # Both programs wait until their sockets have run empty before they end.
        came = subscriber.stop()
    if came != measured["sent"]:
        raise SystemExit(f"bench: {command[-1]} sent {measured['sent']:,.0f} messages, {came:,} came")
    return measured["messages_per_second"]
