#!/usr/bin/python3
"""Turns English speech into text with PocketSphinx: the engine process behind voice.asr.

One JSON object per line on standard input and output, one request at a time; with --frames each object stands behind its
length in four bytes, the highest first, instead:

    -> {"id": 7, "audio": "<base64: 16 bit little endian, one channel>", "rate": 16000, "language": "en"}
    <- {"id": 7, "text": "turn left", "confidence": 0.31, "milliseconds": 170.2}
    <- {"id": 7, "fault": "sound", "error": "..."}      the sound is no good
    <- {"id": 7, "fault": "engine", "error": "..."}     this process is no good
    -> {"id": 8, "ping": true}
    <- {"id": 8}

The first message it writes says that it is ready and answers pings, or why it cannot be. It ends at the end of its input.
Whatever else has to be said goes to standard error.

The confidence is the posterior probability of the whole sentence among all that the decoder still considered at its end.
It falls with the length of a sentence and is not calibrated: 0.2 may well be right. There is none without words.

A second of speech takes about a tenth of a second on one core of a small machine; the process holds about 110 MB.

    speech_pocketsphinx.py [--frames] [MODEL]

MODEL is a folder with en-us, en-us.lm.bin and cmudict-en-us.dict; what Debian's pocketsphinx-en-us installs when left out.

Needs python3-pocketsphinx and pocketsphinx-en-us (Debian, Ubuntu): apt install python3-pocketsphinx pocketsphinx-en-us
"""

import array
import base64
import binascii
import itertools
import json
import os
import random
import signal
import struct
import sys
import time

PROTOCOL = 1
RATE = 16000
DEFAULT_MODEL = "/usr/share/pocketsphinx/model/en-us"
# The decoder's scores are logarithms to this base.
LOG_BASE = 1.0001
# Speech that begins or ends at the very edge loses its first or last sound.
EDGE = bytes(RATE // 5 * 2)
# A microphone is never quite silent, and the model has never heard digital silence: sound without any noise, such as a
# program's voice, is heard far better with a little (-61 dB). 34 words of espeak-ng: half wrong without it, 2 with it.
NOISE_LEVEL = 30


class SoundFault(Exception):
    """The sound cannot be used; the sender's fault."""


class Lines:
    def read(self):
        line = sys.stdin.buffer.readline()
        return line or None

    def write(self, body):
        sys.stdout.buffer.write(body + b"\n")


class Frames:
    def read(self):
        head = sys.stdin.buffer.read(4)
        if len(head) < 4:
            return None
        (size,) = struct.unpack(">I", head)
        body = sys.stdin.buffer.read(size)
        return body if len(body) == size else None

    def write(self, body):
        sys.stdout.buffer.write(struct.pack(">I", len(body)) + body)


def send(channel, message):
    channel.write(json.dumps(message, allow_nan=False, separators=(",", ":")).encode())
    sys.stdout.buffer.flush()


def with_noise(sound):
    samples = array.array("h", sound)
    if sys.byteorder == "big":
        samples.byteswap()
    # The same noise each time, so that the same sound is heard as the same words.
    noise = random.Random(1)
    second = [round(noise.gauss(0, NOISE_LEVEL)) for _ in range(RATE)]
    mixed = array.array(
        "h", [max(-32768, min(32767, sample + add)) for sample, add in zip(samples, itertools.cycle(second))]
    )
    if sys.byteorder == "big":
        mixed.byteswap()
    return mixed.tobytes()


class Recogniser:
    def __init__(self, folder):
        from pocketsphinx import pocketsphinx

        settings = pocketsphinx.Decoder.default_config()
        for name, file in (("-hmm", "en-us"), ("-lm", "en-us.lm.bin"), ("-dict", "cmudict-en-us.dict")):
            path = os.path.join(folder, file)
            if not os.path.exists(path):
                raise RuntimeError("there is no %s" % path)
            settings.set_string(name, path)
        settings.set_string("-logfn", "/dev/null")
        self.decoder = pocketsphinx.Decoder(settings)

    def hear(self, sound):
        # What was learned of one speaker's microphone is of no use for the next sound: start from the model's own values.
        self.decoder.start_utt()
        try:
            self.decoder.process_raw(with_noise(EDGE + sound + EDGE), False, True)
        finally:
            self.decoder.end_utt()
        found = self.decoder.hyp()
        if found is None or not found.hypstr.strip():
            return {"text": ""}
        return {"text": found.hypstr.strip(), "confidence": round(min(1.0, LOG_BASE**found.prob), 4)}


def answer(recogniser, request):
    try:
        if request.get("rate") != RATE:
            raise SoundFault("the rate must be %d" % RATE)
        try:
            sound = base64.b64decode(request["audio"], validate=True)
        except (binascii.Error, ValueError, KeyError, TypeError):
            raise SoundFault("the sound is no base64 text") from None
        if len(sound) % 2:
            raise SoundFault("the sound ends within a sample")
        started = time.perf_counter()
        reply = recogniser.hear(sound)
        reply["milliseconds"] = round((time.perf_counter() - started) * 1000, 2)
        return reply
    except SoundFault as fault:
        return {"fault": "sound", "error": str(fault)}
    except Exception as fault:  # One sound that it stumbles over does not spoil the next.
        return {"fault": "engine", "error": "%s: %s" % (type(fault).__name__, str(fault)[:300])}


def main():
    # An interrupt in the terminal is for the program that started this one; the end of input is for this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    arguments = sys.argv[1:]
    channel = Frames() if "--frames" in arguments else Lines()
    folder = ([argument for argument in arguments if argument != "--frames"] or [DEFAULT_MODEL])[0]
    try:
        recogniser = Recogniser(folder)
    except Exception as fault:
        send(channel, {"ready": False, "protocol": PROTOCOL, "error": "%s: %s" % (type(fault).__name__, fault)})
        return 1
    send(
        channel,
        {
            "ready": True,
            "protocol": PROTOCOL,
            "ping": True,
            "version": "PocketSphinx, Python %d.%d" % sys.version_info[:2],
            "model": os.path.basename(folder.rstrip("/")),
        },
    )
    while True:
        body = channel.read()
        if body is None:
            return 0
        try:
            request = json.loads(body)
            number = request["id"]
        except (ValueError, KeyError, TypeError) as fault:
            sys.stderr.write("unreadable request: %s\n" % fault)
            return 1
        reply = {"id": number}
        if request.get("ping") is not True:
            reply.update(answer(recogniser, request))
        send(channel, reply)


if __name__ == "__main__":
    sys.exit(main())
