"""A stand-in for engine servers: Ollama's chat, OpenAI's chat, transcriptions and speech, and Gemini, as they speak on the
wire. It prints its port, then answers according to the model that is asked for. Each request that arrives is printed as a
line, so that a test can wait for it. With a certificate and its key as arguments it speaks TLS. It ends with its input; a line
`go` there lets slow answers come to their end."""

import array
import http.server
import json
import math
import os
import re
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time

attempts = {}
lock = threading.Lock()
go = threading.Event()


def attempt(model):
    with lock:
        attempts[model] = attempts.get(model, 0) + 1
        return attempts[model]


def samples(rate, seconds):
    """A tone of 440 Hz in 16 bits."""
    tone = array.array("h", (round(8000 * math.sin(2 * math.pi * 440 * index / rate)) for index in range(round(rate * seconds))))
    if sys.byteorder == "big":
        tone.byteswap()
    return tone.tobytes()


def wave(rate, sound, length=None, channels=1, code=1, bits=16):
    """A WAV; 0xFFFFFFFF as its length is what programs write that do not know it beforehand."""
    size = len(sound) if length is None else length
    frame = channels * bits // 8
    return struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", min(0xFFFFFFFF, size + 36), b"WAVE", b"fmt ", 16, code, channels, rate,
                       rate * frame, frame, bits, b"data", size) + sound


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def setup(self):
        super().setup()
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def reply(self, status, body, length=None, kind="application/json", headers=()):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def begin(self, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def part(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def end(self):
        self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()

    def do_GET(self):
        if self.headers.get("Authorization") == "Bearer wrong":
            return self.reply(401, b'{"error":{"message":"bad key"}}')
        self.reply(200, json.dumps({"models": [{"name": "good"}, {"name": "other:latest"}], "data": []}).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.endswith("/transcriptions"):
            self.kind = "hear"
            form = dict(re.findall(rb'name="(\w+)"\r\n\r\n([^\r]*)\r\n', body))
            self.request_body = {name.decode(): value.decode() for name, value in form.items()}
            match = re.search(rb'filename="([^"]*)"\r\nContent-Type: [^\r]*\r\n\r\n', body)
            self.request_body["file_name"] = match.group(1).decode()
            sound = body[match.end():body.rindex(b"\r\n--")]
            self.request_body["rate"] = struct.unpack("<I", sound[24:28])[0] if sound[:4] == b"RIFF" else 0
            self.request_body["bytes"] = len(sound)
        else:
            self.request_body = json.loads(body)
            self.kind = ("speak" if self.path.endswith("/speech") else "ollama" if self.path == "/api/chat"
                         else "gemini" if "streamGenerateContent" in self.path else "openai")
        self.request_body["authorization"] = self.headers.get("Authorization", "")
        self.request_body["key"] = self.headers.get("x-goog-api-key", "")
        model = self.request_body.get("model") or re.search(r"models/([^:]*):", self.path).group(1)
        print("asked " + model, flush=True)
        if self.kind == "speak":
            print("to say " + json.dumps(self.request_body, sort_keys=True), flush=True)
        behaviour = getattr(self, "do_" + model.replace("-", "_"), None)
        if behaviour is None:
            return self.answer(json.dumps(self.request_body, sort_keys=True))
        behaviour()

    def lines(self, text, ends=True, counts=True):
        """A streamed answer, in the words of the protocol that was asked in."""
        half = len(text) // 2
        parts = [text[:half], text[half:]]
        if self.kind == "ollama":
            for part in parts:
                yield json.dumps({"model": "m", "message": {"role": "assistant", "content": part}, "done": False}) + "\n"
            last = {"model": "m", "message": {"role": "assistant", "content": ""}, "done": True, "done_reason": "stop"}
            if counts:
                last.update({"prompt_eval_count": 11, "eval_count": 7})
            if ends:
                yield json.dumps(last) + "\n"
        elif self.kind == "openai":
            yield ": keep-alive\n\n"
            for part in parts:
                yield "data: %s\n\n" % json.dumps({"choices": [{"index": 0, "delta": {"content": part},
                                                                "finish_reason": None}]})
            if ends:
                yield "data: %s\r\n\r\n" % json.dumps({"choices": [{"delta": {}, "finish_reason": "stop"}]})
                if counts:
                    yield "data: %s\n\n" % json.dumps({"choices": [], "usage": {"prompt_tokens": 11,
                                                                                "completion_tokens": 7}})
                yield "data: [DONE]\n\n"
        else:
            yield "data: %s\n\n" % json.dumps({"candidates": [{"content": {"parts": [{"text": parts[0]}]}}]})
            if ends:
                last = {"candidates": [{"content": {"parts": [{"text": parts[1]}]}, "finishReason": "STOP"}]}
                if counts:
                    last["usageMetadata"] = {"promptTokenCount": 11, "candidatesTokenCount": 7}
                yield "data: %s\r\n\r\n" % json.dumps(last)

    @property
    def stream_kind(self):
        return "application/x-ndjson" if self.kind == "ollama" else "text/event-stream; charset=utf-8"

    def answer(self, text, **how):
        if self.kind == "speak":
            return self.reply(200, wave(24000, self.sound(24000)), kind="audio/wav")
        if self.kind == "hear":
            return self.reply(200, json.dumps({"task": "transcribe", "language": "polish", "text": " " + text, "segments": [
                {"start": 0, "end": 1, "avg_logprob": -0.1, "no_speech_prob": 0.01},
                {"start": 1, "end": 4, "avg_logprob": -0.5, "no_speech_prob": 0.01}]}).encode())
        self.begin(self.stream_kind)
        for line in self.lines(text, **how):
            self.part(line.encode())
        self.end()

    # Sound: the longer the text, and the slower it is to be said, the longer.

    def sound(self, rate):
        return samples(rate, len(self.request_body["input"]) * 0.05 / self.request_body["speed"])

    def do_streamed(self):
        self.begin("audio/wav")
        sound = wave(22050, self.sound(22050), length=0xFFFFFFFF)
        for start in range(0, len(sound), 1000):
            self.part(sound[start:start + 1000])
        self.end()

    def do_stereo(self):
        mono = array.array("h", self.sound(44100))
        both = array.array("f", (value / 32768 for sample in mono for value in (sample, sample)))
        self.reply(200, wave(44100, both.tobytes(), channels=2, code=3, bits=32), kind="audio/x-wav")

    def do_raw(self):
        self.reply(200, self.sound(24000), kind="audio/pcm")

    def do_raw_by_type(self):
        self.reply(200, self.sound(22050), kind="audio/L16; codec=pcm; rate=22050")

    def do_raw_by_field(self):
        self.reply(200, self.sound(22050), kind="audio/pcm_s16le", headers=[("X-Sample-Rate", "22050")])

    def do_raw_half_sample(self):
        self.reply(200, self.sound(24000) + b"x", kind="audio/pcm")

    def do_raw_odd_rate(self):
        self.reply(200, self.sound(24000), kind="audio/L16; rate=fast")

    def do_crawl(self):
        """Alive but slow: a sample of silence at a time until it is told to go, then the sound."""
        self.begin("audio/wav")
        self.part(wave(24000, b"", length=0xFFFFFFFF))
        while not go.wait(0.05):
            self.part(bytes(2))
        self.part(self.sound(24000))
        self.end()

    def do_crawl_from_second(self):
        if attempt("crawl-from-second") == 1:
            return self.answer("")
        self.do_crawl()

    def do_mp3(self):
        self.reply(200, b"ID3\x04\x00\x00\x00\x00\x00\x00" + bytes(1000), kind="audio/mpeg")

    def do_head_only(self):
        self.reply(200, wave(24000, b"", length=0xFFFFFFFF), kind="audio/wav")

    def do_nothing_at_all(self):
        self.reply(200, b"", kind="audio/wav")

    def do_cut_off(self):
        """Ends with the connection, as old servers do, and so nobody can tell but by the file's own length."""
        self.send_response(200)
        self.send_header("Content-Type", "audio/wav")
        self.send_header("Connection", "close")
        self.end_headers()
        sound = self.sound(24000)
        self.wfile.write(wave(24000, sound[:len(sound) // 4 * 2], length=len(sound)))
        self.close_connection = True

    # What can go wrong, by the name of the model.

    def do_counts_missing(self):
        self.answer("hi", counts=False)

    def do_slow(self):
        time.sleep(0.3)
        self.answer("late but there")

    def do_whole(self):
        self.reply(200, json.dumps({"choices": [{"message": {"content": "in one piece"}, "finish_reason": "stop"}],
                                    "usage": {"prompt_tokens": 1, "completion_tokens": 2}}, indent=1).encode())

    def do_plain(self):
        self.reply(200, b'{"text":" turn left. [MUSIC] (laughs) "}')

    def do_silence(self):
        self.reply(200, json.dumps({"text": "Thank you for watching!", "language": "en", "segments": [
            {"start": 0, "end": 2, "avg_logprob": -1.4, "no_speech_prob": 0.9}]}).encode())

    def do_understand(self):
        self.answer(json.dumps({"intent": {"name": "stop", "confidence": 0.9}, "sentiment": {
            "label": "neutral", "score": 0.5}, "entities": [{"type": "location", "value": "kuchnia", "confidence": 0.8},
                                                            {"type": "invented", "value": "x", "confidence": 1}]}))

    def do_broken(self):
        self.reply(500, b'{"error":"out of memory"}')

    def do_unknown(self):
        self.reply(404, b'{"error":{"message":"model not found"}}')

    def do_locked(self):
        self.reply(401, b'{"error":{"message":"bad key"}}')

    def do_refuses_like_fastapi(self):
        self.reply(400, b'{"detail":{"error":{"message":"no such voice","type":"invalid_request_error"}}}')

    def do_unprocessable(self):
        self.reply(422, b'{"detail":[{"loc":["body","voice"],"msg":"field required","type":"value_error"}]}')

    def do_nowhere(self):
        self.reply(404, b"File Not Found", kind="text/plain")

    def do_dutch(self):
        self.reply(200, b'{"text":"linksaf","language":"dutch"}')

    def do_too_much(self):
        self.reply(400, b'{"error":{"message":"context length exceeded"}}')

    def do_busy_once(self):
        if attempt("busy-once") == 1:
            return self.reply(503, b'{"error":"busy"}', headers=[("Retry-After", "0")])
        self.answer("second try")

    def do_busy(self):
        self.reply(429, b'{"error":"busy"}', headers=[("Retry-After", "0")])

    def do_hangs_up_once(self):
        if attempt("hangs-up-once") == 1:
            self.close_connection = True
            return self.connection.shutdown(socket.SHUT_RDWR)
        self.answer("second try")

    def do_half(self):
        self.begin(self.stream_kind)
        for line in self.lines("half an answer", ends=False):
            self.part(line.encode())
        self.close_connection = True

    def do_half_body(self):
        self.reply(200, b'{"choices":[{"mess', length=1000)
        self.close_connection = True

    def do_error_inside(self):
        self.begin(self.stream_kind)
        error = {"error": "model fell over"} if self.kind == "ollama" else {"error": {"message": "model fell over"}}
        self.part((("" if self.kind == "ollama" else "data: ") + json.dumps(error) + "\n\n").encode())
        self.end()

    def do_not_json(self):
        self.reply(200, b"<html>", kind="text/html")

    def do_wrong_shape(self):
        prefix = "" if self.kind == "ollama" else "data: "
        self.reply(200, (prefix + '{"message":7,"text":7}\n\n').encode(), kind=self.stream_kind)

    def do_declines(self):
        if self.kind == "gemini":
            event = {"promptFeedback": {"blockReason": "SAFETY"}}
        else:
            event = {"choices": [{"delta": {"refusal": "I would rather not"}, "finish_reason": None}]}
        self.reply(200, ("data: %s\n\n" % json.dumps(event)).encode(), kind="text/event-stream")

    def do_redirect(self):
        self.reply(302, b"", headers=[("Location", "/elsewhere")])

    def do_endless(self):
        self.begin(self.stream_kind)
        try:
            while True:
                self.part(b"x" * 65536)
        except OSError:
            self.close_connection = True
            print("endless client left", flush=True)

    def do_trickle(self):
        """Comes to life, then never ends."""
        self.begin(self.stream_kind)
        try:
            while True:
                for line in self.lines("a", ends=False):
                    self.part(line.encode())
                time.sleep(0.05)
        except OSError:
            self.close_connection = True
            print("trickle client left", flush=True)

    def do_moody(self):
        """Another mood each time, all of them in turn; those that never end last as long as the client's patience."""
        moods = (None, "broken", "half", "error_inside", "not_json", "endless", "wrong_shape", "too_much", "whole",
                 "hangs_up", "slow", "redirect")
        mood = moods[attempt("moody") % len(moods)]
        if mood is None:
            self.answer("in a good mood")
        else:
            getattr(self, "do_" + mood)()

    def do_hangs_up(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def do_silent(self):
        # Until the client closes the connection.
        try:
            self.rfile.read(1)
        except OSError:
            pass
        self.close_connection = True
        print("silent client left", flush=True)


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_):
        pass


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 2:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1], sys.argv[2])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
for line in sys.stdin:
    if line == "go\n":
        go.set()
os._exit(0)
