"""What metrics cost with prometheus-client; prints one JSON object."""
import json
import time

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest


def fastest(calls, work, repetitions=7):
    """Nanoseconds of a call: what the machine does besides only makes it slower."""
    took = []
    for _ in range(repetitions):
        begin = time.perf_counter_ns()
        for _ in range(calls):
            work()
        took.append((time.perf_counter_ns() - begin) / calls)
    return min(took)


registry = CollectorRegistry()
counter = Counter("bench_events", "Events", ["kind"], registry=registry).labels("one")
histogram = Histogram("bench_wait_seconds", "Waits", ["kind"], registry=registry).labels("one")
for family in range(10):
    gauge = Gauge(f"bench_level_{family}", "Levels", ["place"], registry=registry)
    for place in range(100):
        gauge.labels(f"p{place}").set((place * 10 + family) * 1.25)
print(json.dumps({
    "counter_ns": fastest(20_000, counter.inc),
    "histogram_ns": fastest(20_000, lambda: histogram.observe(0.1)),
    "scrape_ms": fastest(5, lambda: generate_latest(registry)) / 1e6,
}))
