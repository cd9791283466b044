#!/usr/bin/env python3
"""A stand-in for Piper's command line (piper-tts 1.4 and later, and the older program in C++): the same arguments under all their
names, a voice that must be there with its description beside it, a sound file for standard input on standard output, remarks
on standard error. What it says is a tone of 440 Hz at 22.05 kHz, 50 ms for each letter.

As with Piper, an argument that it does not know is no mistake but the text.
"""

import argparse
import array
import io
import json
import math
import pathlib
import sys
import wave

parser = argparse.ArgumentParser()
parser.add_argument("-m", "--model", required=True)
parser.add_argument("-c", "--config")
parser.add_argument("-i", "--input-file", "--input_file", action="append")
parser.add_argument("-f", "--output-file", "--output_file")
parser.add_argument("-d", "--output-dir", "--output_dir")
parser.add_argument("--output-raw", "--output_raw", action="store_true")
parser.add_argument("-s", "--speaker", type=int)
parser.add_argument("--length-scale", "--length_scale", type=float)
parser.add_argument("--noise-scale", "--noise_scale", type=float)
parser.add_argument("--noise-w-scale", "--noise_w_scale", "--noise-w", "--noise_w", type=float)
parser.add_argument("--sentence-silence", "--sentence_silence", type=float, default=0.0)
parser.add_argument("--volume", type=float, default=1.0)
parser.add_argument("--data-dir", "--data_dir", action="append", default=[str(pathlib.Path.cwd())])
arguments, unknown = parser.parse_known_args()

model = pathlib.Path(arguments.model)
if not model.exists():
    found = [pathlib.Path(folder) / (arguments.model + ".onnx") for folder in arguments.data_dir]
    model = next((path for path in found if path.exists()), None)
    if model is None:
        raise ValueError("Unable to find voice: %s (use piper.download_voices)" % arguments.model)
with open(arguments.config or str(model) + ".json", encoding="utf-8") as file:
    description = json.load(file)

rate = description["audio"]["sample_rate"]
scale = arguments.length_scale or description["inference"]["length_scale"]
lines = [" ".join(unknown)] if unknown else sys.stdin
memory = io.BytesIO()
with wave.open(memory, "wb") as sound:
    sound.setnchannels(1)
    sound.setsampwidth(2)
    sound.setframerate(rate)
    for line in (line.strip() for line in lines):
        if line:
            print("INFO:piper:%s says %s" % (model.stem, line), file=sys.stderr)
            count = round(rate * len(line) * 0.05 * scale)
            tone = (round(8000 * math.sin(2 * math.pi * 440 * index / rate)) for index in range(count))
            sound.writeframes(array.array("h", tone).tobytes())
if arguments.output_raw:
    sys.stdout.buffer.write(memory.getvalue()[44:])
elif arguments.output_file == "-":
    sys.stdout.buffer.write(memory.getvalue())
else:
    pathlib.Path(arguments.output_file or "output.wav").write_bytes(memory.getvalue())
