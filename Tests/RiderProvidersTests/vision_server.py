"""A stand-in for servers that look at pictures: simple JSON at /detect and KServe's protocol at /v2/models/NAME/infer. It prints
its port, then each path that is asked for; the path says how it answers. It ends with its input."""

import base64
import http.server
import json
import socketserver
import sys
import threading

BOX = [40.4, 30.0, 400.0, 200.0]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body, length=None):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.reply(200, {"name": "yolo", "ready": True})

    def do_POST(self):
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        print(self.path, flush=True)
        try:
            if self.path.startswith("/v2/"):
                self.kserve(request)
            else:
                self.simple(request)
        except OSError:
            self.close_connection = True

    def simple(self, request):
        assert base64.b64decode(request["image"])[:2] in (b"\xff\xd8", b"\x89P")
        found = {"class": "person", "confidence": 0.75, "bbox": BOX}
        if self.path == "/detect":
            assert request["confidence"] == 0.5
            self.reply(200, {"width": 64, "height": 48, "detections": [found, {**found, "confidence": 0.2}]})
        elif self.path == "/other-size":
            self.reply(200, {"width": 640, "height": 480, "detections": [found]})
        elif self.path == "/broken-box":
            self.reply(200, {"detections": [found, {"class": "person"}]})
        elif self.path == "/no-detections":
            self.reply(200, {"ok": True})
        elif self.path == "/garbage":
            self.reply(200, b"<html>")
        elif self.path == "/half":
            self.reply(200, b'{"detections": [', 5000)
            self.close_connection = True
        elif self.path == "/endless":
            self.reply(200, b" " * (2 << 20))
        elif self.path == "/refuses":
            self.reply(422, {"detail": "no such format"})
        elif self.path == "/silent":
            threading.Event().wait()
        else:
            self.reply(500, {"error": "out of memory"})

    def kserve(self, request):
        tensor = request["inputs"][0]
        assert (tensor["name"], tensor["datatype"], tensor["shape"]) == ("image", "BYTES", [1])
        assert [output["name"] for output in request["outputs"]] == ["boxes", "scores", "labels"]
        assert base64.b64decode(tensor["data"][0])
        outputs = [
            {"name": "scores", "datatype": "FP32", "shape": [1, 2], "data": [[0.9, 0.6]]},
            {"name": "boxes", "datatype": "FP32", "shape": [1, 2, 4], "data": [[[1, 2, 31, 42], [5, 5, 9, 9]]]},
            {"name": "labels", "datatype": "BYTES", "shape": [1, 2], "data": [["person", "cup"]]},
        ]
        if "short" in self.path:
            outputs[2]["data"] = [["person"]]
        self.reply(200, {"model_name": "yolo", "outputs": outputs})


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
