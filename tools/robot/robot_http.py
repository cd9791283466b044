#!/usr/bin/env python3
"""The robot's HTTP interface, for tests and demos: answers what a real robot answers and prints what it is asked.

Usage: robot_http.py [--port N] [--watchdog SECONDS] < commands

Listens on loopback; without a port the system chooses one. The first line of output is JSON: {"port": N}. After that one
line per request: {"method", "path", "body", "status"}. With --watchdog it asks the address of the last heartbeat for its
capabilities every so many seconds, as a robot does, prints {"watchdog": "online" | "offline" | "error"} at every change, and sets
every domain to local after three failures in a row. It ends with its standard input. Commands are JSON lines:

    {"state": {"vision": {"mode": "pc", "status": "pc_pending"}}}     changes what GET /api/providers/state says
    {"answer": {"/state": {...}}}                                     what GET of a path says, as JSON
    {"fault": {"/path": FAULT}}                                       how a path fails; null mends it

FAULT is a status such as 503, or "silent" (never answers), "garbage" (no JSON), "half" (ends in the middle), "endless".
"""
import argparse
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

DOMAINS = ("vision", "voice", "text")
OUTPUT = threading.Lock()


def say(line):
    with OUTPUT:
        print(json.dumps(line), flush=True)


class Robot:
    def __init__(self):
        self.lock = threading.Lock()
        self.domains = {
            name: {"mode": "local", "status": "local_only", "changed_ts": time.time(), "reason": "boot"}
            for name in DOMAINS
        }
        self.health = {"reachable": False, "status": "unknown", "latency_ms": None, "updated_ts": 0.0, "reason": "boot"}
        self.base_url = "http://127.0.0.1:8000"
        self.answers = {"/healthz": {"ok": True, "status": "ok"}, "/state": {}}
        self.faults = {}

    def state(self):
        with self.lock:
            return {"domains": self.domains, "pc_health": self.health, "pc_base_url": self.base_url}

    def heartbeat(self, kind, raw):
        """The robot's own rules: whatever is not JSON with the right type counts as missing, and a wrong type breaks it."""
        body = {}
        if kind.split(";")[0].strip() == "application/json":
            try:
                body = json.loads(raw)
            except ValueError:
                pass
        if not body:
            return 400, {"error": "base_url is required"}
        try:
            base_url = (body.get("base_url") or "").strip()
        except AttributeError:
            return 500, {"error": "internal"}
        if not base_url:
            return 400, {"error": "base_url is required"}
        if "://" not in base_url:
            base_url = "http://" + base_url
        with self.lock:
            self.base_url = base_url
            self.health = {
                "reachable": True,
                "status": body.get("status") or "online",
                "latency_ms": body.get("latency_ms"),
                "updated_ts": time.time(),
                "reason": body.get("reason") or "heartbeat",
            }
        return 200, {"ok": True, "base_url": base_url}

    def obey(self, command):
        with self.lock:
            for name, change in command.get("state", {}).items():
                self.domains[name] = {**self.domains[name], "changed_ts": time.time(), **change}
            self.answers.update(command.get("answer", {}))
            self.faults.update(command.get("fault", {}))

    def watch(self, interval):
        failures, last = 0, None
        while True:
            time.sleep(interval)
            status = "online"
            try:
                with urllib.request.urlopen(self.base_url + "/providers/capabilities", timeout=2) as answer:
                    answer.read().decode()
            except UnicodeDecodeError:
                status = "error"
            except (urllib.error.URLError, OSError):
                status = "offline"
            failures = 0 if status == "online" else failures + 1
            if status != last:
                say({"watchdog": status})
                last = status
            if failures == 3:
                reason = "pc_unreachable" if status == "offline" else "pc_error"
                self.obey({"state": {name: {"mode": "local", "status": "local_only", "reason": reason} for name in DOMAINS}})
                say({"watchdog": "fallback", "reason": reason})


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    robot = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.handle_request("GET", b"")

    def do_POST(self):
        self.handle_request("POST", self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def handle_request(self, method, raw):
        path = self.path.split("?")[0]
        fault = self.robot.faults.get(path)
        if fault == "silent":
            self.say(method, path, raw, None)
            threading.Event().wait()
        if method == "POST" and path == "/api/providers/pc-heartbeat":
            status, answer = self.robot.heartbeat(self.headers.get("Content-Type") or "", raw)
        elif method == "GET" and path == "/api/providers/state":
            status, answer = 200, self.robot.state()
        elif method == "GET" and path in self.robot.answers:
            status, answer = 200, self.robot.answers[path]
        else:
            status, answer = 404, {"error": "Unknown domain: " + path.rsplit("/", 1)[-1]}
        if isinstance(fault, int):
            status, answer = fault, {"error": "fault"}
        text = json.dumps(answer).encode()
        self.say(method, path, raw, status)
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if fault == "endless":
                self.end_headers()
                while True:
                    self.wfile.write(b" " * 65536)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            if fault == "garbage":
                text = b"\xff" * len(text)
            if fault == "half":
                text = text[: len(text) // 2]
                self.close_connection = True
            self.wfile.write(text)
        except OSError:
            self.close_connection = True

    def say(self, method, path, raw, status):
        try:
            body = json.loads(raw) if raw else None
        except ValueError:
            body = None
        say({"method": method, "path": path, "body": body, "status": status})


class Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--watchdog", type=float, default=0)
    arguments = parser.parse_args()
    robot = Handler.robot = Robot()
    server = Server(("127.0.0.1", arguments.port), Handler)
    say({"port": server.server_address[1]})
    threading.Thread(target=server.serve_forever, daemon=True).start()
    if arguments.watchdog:
        threading.Thread(target=robot.watch, args=[arguments.watchdog], daemon=True).start()
    for line in sys.stdin:
        robot.obey(json.loads(line))
        say({"done": True})
    os._exit(0)


if __name__ == "__main__":
    main()
