"""Gives thousands of tasks to engines that break, hang, crawl, die and freeze, and shows that nothing leaks.

A language model whose server has another mood for each request (errors, half answers, endless ones, refusals, hang-ups) before one
that works; espeak-ng, a program for each task; PocketSphinx, a process that is killed with -9 and frozen again and again. Every
task must have a result, and at the end the worker must hold as many descriptors and processes as after the first thousand tasks,
and not much more memory. While PocketSphinx is killed, then frozen, and while a speech server crawls, text.nlu tasks must be done
as fast as before.

Needs espeak-ng, python3-pocketsphinx and pocketsphinx-en-us.
"""
import base64
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

from .verdict import Verdict
from .world import World

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SERVER = os.path.join(ROOT, "Tests/RiderProvidersTests/engine_server.py")
SPEECH = os.path.join(ROOT, "Sources/rider/Engines/Samples/speech.wav")
# What may be in use besides: a connection that is just being closed.
SPARE_DESCRIPTORS = 8
SPARE_MEGABYTES = 40
# Tasks of an engine that is in trouble while others are measured.
TROUBLED = 20


def add_arguments(parser):
    parser.add_argument("--tasks", type=int, default=10_000, help="default 10000")
    parser.add_argument("--probe", type=int, default=2000, help="text.nlu tasks that measure the other domain; default 2000")


def descriptors(process):
    return len(os.listdir(f"/proc/{process}/fd"))


def children(process):
    found = []
    for task in os.listdir(f"/proc/{process}/task"):
        try:
            with open(f"/proc/{process}/task/{task}/children") as file:
                found += [int(child) for child in file.read().split()]
        except OSError:
            pass
    return found


def megabytes(process):
    with open(f"/proc/{process}/status") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmRSS:"))


def hearing(process):
    """The worker's PocketSphinx processes."""
    found = []
    for child in children(process):
        try:
            with open(f"/proc/{child}/cmdline") as file:
                if "speech_pocketsphinx" in file.read():
                    found.append(child)
        except OSError:
            pass
    return found


def to_hear(prefix, speech):
    for number in range(TROUBLED):
        yield {"task_id": f"{prefix}{number}", "task_type": "voice.asr", "payload": {"audio_data": speech}}


def tell(worker, what):
    for process in hearing(worker):
        try:
            os.kill(process, what)
        except ProcessLookupError:
            pass


def write_configuration(folder, port):
    with open(os.path.join(folder, "text_provider.toml"), "w") as file:
        file.write(f"""
[text]
max_concurrent_tasks = 8
[text.generate]
engines = ["moody", "good"]
enable_cache = false
[text.generate.moody]
kind = "http"
protocol = "openai"
url = "http://127.0.0.1:{port}/v1/chat/completions"
model = "moody"
timeout_seconds = 5
max_concurrent = 8
[text.generate.good]
kind = "http"
protocol = "ollama"
url = "http://127.0.0.1:{port}"
model = "good"
max_concurrent = 8
""")
    with open(os.path.join(folder, "voice_provider.toml"), "w") as file:
        file.write(f"""
[voice]
max_concurrent_tasks = 4
[voice.tts]
engines = ["espeak-ng", "crawling"]
cache_max_bytes = 0
[voice.tts.espeak-ng]
languages = ["pl", "en"]
[voice.tts.crawling]
kind = "http"
protocol = "openai"
url = "http://127.0.0.1:{port}/v1/audio/speech"
model = "crawl"
timeout_seconds = 30
max_concurrent = 4
[voice.asr.pocketsphinx]
timeout_seconds = 5
max_concurrent = 2
""")


def tasks(count, first, speech):
    for number in range(first, first + count):
        kind = number % 20
        if kind < 3:
            yield {"task_id": f"e{number}", "task_type": "voice.tts", "payload": {"text": f"{number}"}}
        elif kind == 3:
            yield {"task_id": f"e{number}", "task_type": "voice.asr", "payload": {"audio_data": speech}}
        else:
            yield {"task_id": f"e{number}", "task_type": "text.generate", "payload": {"prompt": f"{number}"}}


def put(world, lines):
    subprocess.run(
        [world.rider, "enqueue", "-"], input="\n".join(json.dumps(line) for line in lines).encode(), env=world.environment,
        cwd=world.folder, check=True, stdout=subprocess.DEVNULL)


def done(world, prefix):
    return world.query(f"SELECT count(DISTINCT task_id) FROM result WHERE task_id LIKE '{prefix}%'")


def patient_wait(world, condition, what):
    # As long as it goes on: the machine may be slow.
    last, since = condition(), time.monotonic()
    while last > 0:
        time.sleep(0.05)
        left = condition()
        if left != last:
            last, since = left, time.monotonic()
        elif time.monotonic() - since > 120:
            world.kill()
            raise SystemExit(f"chaos: gave up waiting for {what}: {left} are left")


def nlu_seconds(world, count, prefix, meanwhile=lambda: None):
    def left():
        meanwhile()
        return count - done(world, prefix)

    started = time.monotonic()
    put(world, ({"task_id": f"{prefix}{number}", "task_type": "text.nlu", "payload": {"text": "stop"}} for number in range(count)))
    patient_wait(world, left, "text.nlu")
    return time.monotonic() - started


def run(arguments):
    generator = random.Random(arguments.seed)
    verdict = Verdict()
    with open(SPEECH, "rb") as file:
        speech = base64.b64encode(file.read()).decode()
    server = subprocess.Popen([sys.executable, SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    port = int(server.stdout.readline())
    # It tells of every request; nobody listens here.
    threading.Thread(target=lambda: all(server.stdout), daemon=True).start()
    killed = frozen = 0
    with tempfile.TemporaryDirectory(prefix="rider-chaos-") as folder:
        os.makedirs(os.path.join(folder, "config"))
        write_configuration(os.path.join(folder, "config"), port)
        world = World(
            arguments.rider, folder, RIDER_BREAKER_FAILURE_THRESHOLD="1000000", RIDER_QUEUE_MAX_ATTEMPTS="1000",
            RIDER_JOURNAL_MAX_BYTES="4000000000")
        try:
            worker = world.start().pid
            first = min(1000, arguments.tasks)
            put(world, tasks(first, 0, speech))
            patient_wait(world, lambda: first - done(world, "e"), "the first tasks")
            before = (descriptors(worker), len(children(worker)), megabytes(worker))
            rest = arguments.tasks - first
            put(world, tasks(rest, first, speech))
            asleep = {}

            def left():
                nonlocal killed, frozen
                now = time.monotonic()
                for process, until in list(asleep.items()):
                    if now >= until:
                        del asleep[process]
                        try:
                            os.kill(process, signal.SIGCONT)
                        except ProcessLookupError:
                            pass
                victims = hearing(worker)
                if victims and generator.random() < 0.05:
                    victim = generator.choice(victims)
                    try:
                        if generator.random() < 0.5:
                            os.kill(victim, signal.SIGKILL)
                            killed += 1
                        elif victim not in asleep:
                            os.kill(victim, signal.SIGSTOP)
                            asleep[victim] = now + generator.uniform(1, 8)
                            frozen += 1
                    except ProcessLookupError:
                        pass
                return arguments.tasks - done(world, "e")

            patient_wait(world, left, "the tasks")
            for process in asleep:
                try:
                    os.kill(process, signal.SIGCONT)
                except ProcessLookupError:
                    pass
            # Connections that nobody needs are closed after half a minute.
            end = time.monotonic() + 60
            while descriptors(worker) > before[0] and time.monotonic() < end:
                time.sleep(0.5)
            after = (descriptors(worker), len(children(worker)), megabytes(worker))

            free = nlu_seconds(world, arguments.probe, "free")
            put(world, to_hear("dying", speech))
            beside = {"engine killed -9": nlu_seconds(world, arguments.probe, "kill", lambda: tell(worker, signal.SIGKILL))}
            patient_wait(world, lambda: TROUBLED - done(world, "dying"), "the tasks of an engine that is killed")

            tell(worker, signal.SIGSTOP)
            put(world, to_hear("stuck", speech))
            beside["frozen engine"] = nlu_seconds(world, arguments.probe, "freeze")
            tell(worker, signal.SIGCONT)
            patient_wait(world, lambda: TROUBLED - done(world, "stuck"), "the tasks of a frozen engine")

            # German is the crawling server's. It ends none of its sentences before it is told to.
            put(world, ({"task_id": f"slow{number}", "task_type": "voice.tts", "payload": {"text": "links", "voice": "de"}}
                        for number in range(TROUBLED)))
            beside["slow engine"] = nlu_seconds(world, arguments.probe, "crawl")
            crawling = TROUBLED - done(world, "slow")
            server.stdin.write(b"go\n")
            server.stdin.flush()
            patient_wait(world, lambda: TROUBLED - done(world, "slow"), "the tasks of a slow engine")
            completed = world.query("SELECT count(*) FROM result WHERE status = 'completed' AND task_id LIKE 'e%'")
            failed = world.query("SELECT count(*) FROM result WHERE status = 'failed' AND task_id LIKE 'e%'")
            ended = world.stop()
        finally:
            if world.process and world.process.poll() is None:
                world.kill()
            server.stdin.close()
            server.wait()
        verdict.say("tasks", arguments.tasks)
        verdict.say("completed", completed)
        verdict.say("failed, to be done by the robot", failed)
        verdict.say("engines killed -9", killed)
        verdict.say("engines frozen", frozen)
        verdict.demand("without a result", arguments.tasks - completed - failed)
        verdict.say("descriptors after 1,000 tasks", before[0])
        verdict.say("descriptors at the end", after[0])
        verdict.demand("descriptors leaked", max(0, after[0] - before[0] - SPARE_DESCRIPTORS))
        verdict.say("processes after 1,000 tasks", before[1])
        verdict.demand("processes leaked", max(0, after[1] - before[1]))
        verdict.say("MB after 1,000 tasks", before[2])
        verdict.say("MB at the end", after[2])
        verdict.demand("MB leaked", max(0, after[2] - before[2] - SPARE_MEGABYTES))
        verdict.say(f"ms for {arguments.probe} text.nlu", round(free * 1000))
        for trouble, seconds in beside.items():
            verdict.say(f"ms for the same beside a{'n' if trouble[0] == 'e' else ''} {trouble}", round(seconds * 1000))
        verdict.demand("slower than half as fast", sum(seconds > 2 * free + 1 for seconds in beside.values()))
        verdict.demand("sentences that the slow engine had ended by then", TROUBLED - crawling)
        verdict.demand("exit code at the end", ended)
    return verdict
