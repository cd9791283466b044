"""A stand-in for Ollama: prints its port, then answers according to the model that is asked for. Each request that arrives
is printed as a line, so that a test can wait for it."""

import http.server
import json
import socketserver
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body, length=None):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def do_GET(self):
        self.reply(200, json.dumps({"models": [{"name": "good"}, {"name": "other:latest"}]}).encode())

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        model = request["model"]
        print("asked " + model, flush=True)
        if model == "good" or model == "other":
            answer = {"response": json.dumps(request, sort_keys=True), "done": True, "prompt_eval_count": 11, "eval_count": 7}
            self.reply(200, json.dumps(answer).encode())
        elif model == "counts-missing":
            self.reply(200, b'{"response":"hi","done":true}')
        elif model == "broken":
            self.reply(500, b'{"error":"out of memory"}')
        elif model == "unknown":
            self.reply(404, b'{"error":"model not found"}')
        elif model == "half":
            self.reply(200, b'{"response":"hal', length=1000)
            self.close_connection = True
        elif model == "not-json":
            self.reply(200, b"<html>")
        elif model == "wrong-shape":
            self.reply(200, b'{"response":7}')
        elif model == "redirect":
            self.send_response(302)
            self.send_header("Location", "/api/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif model == "endless":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
            try:
                while True:
                    self.wfile.write(chunk)
            except OSError:
                self.close_connection = True
                print("endless client left", flush=True)
        elif model == "silent":
            # Until the client closes the connection.
            try:
                self.rfile.read(1)
            except OSError:
                pass
            self.close_connection = True
            print("silent client left", flush=True)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
import threading

threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
