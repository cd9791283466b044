#!/usr/bin/python3
"""Finds things in pictures: the engine process behind vision.frame and vision.detection.

Usage: vision_opencv.py [--model FILE.onnx] [--names FILE] [--size PIXELS] [--overlap SHARE]

One JSON object per line on standard input and output, one request at a time:

    -> {"id": 7, "image": "<base64 JPEG or PNG>", "classes": ["person", "face"], "confidence": 0.5}
    <- {"id": 7, "width": 320, "height": 240, "milliseconds": 21.4,
        "detections": [{"class": "person", "confidence": 0.83, "bbox": [x1, y1, x2, y2]}]}
    <- {"id": 7, "fault": "image", "error": "..."}      the picture is no good
    <- {"id": 7, "fault": "engine", "error": "..."}     this process is no good
    -> {"id": 0, "ping": true}                          is it still there?
    <- {"id": 0}

Without "classes" it looks for all that it knows, without "confidence" it tells what a model calls 0.25 or more likely. Width
and height are measured in the picture. The first line it writes says that it is ready and what it knows, or why it cannot
work. It ends at the end of its input. Whatever else has to be said goes to standard error.

Without a model, people come from OpenCV's HOG descriptor with its built-in linear SVM: upright, whole, at least about 100
pixels tall in the picture it looks at. Faces come from the frontal Haar cascade. Both are small, need no download, and see only
that: "nothing detected" does not mean "nothing there".

Confidence. Neither detector gives a probability. The SVM gives a distance from its decision plane: 1 - 2 ** -distance
maps it to 0..1. On 19 views of pedestrians (320x240) half of the people were above 1.5 (0.65), on 82 pictures without
people both false alarms were below 1.0 (0.5). The cascade gives the margin of its last stage (around 1 for doubtful, 4
and more for clear faces): 1 - exp(-margin / 2). Both rise with the evidence; neither is calibrated.

A 320x240 frame takes about 15 ms on one core of a small machine (people 10, faces 5). Finer steps for people (window
stride 4) took 32 ms and found a third more people, but four times the false alarms.

With --model, everything but faces comes from a YOLOv8 or YOLO11 detection model in ONNX form, through cv2.dnn; faces too when
the model knows the class "face", else from the cascade. The names of the classes come from --names (one a line), from a file
of the model's name that ends in .names, from the model's own metadata, or, for 80 classes without any, from COCO's list.
The picture is fitted into the model's square without distortion. --size counts for models whose size is not fixed. Boxes of
one class that share more than --overlap of their common area are one.

OpenCV 4 cannot read every export: it needs a fixed size and constants folded. Export with
`yolo export model=yolo11n.pt format=onnx opset=12 simplify=True dynamic=False nms=False`. Models that it still refuses, such as
those of dynamic size, run in OpenCV 5: `python3 -m venv DIR; DIR/bin/pip install 'opencv-python-headless>=5'`, and
DIR/bin/python3 as vision.opencv.program. It looks for what the model knows and nothing else: it has neither HOG nor cascades.

Needs python3-opencv and, without a model that knows faces, opencv-data (Debian, Ubuntu): apt install python3-opencv opencv-data
"""

import argparse
import ast
import base64
import binascii
import json
import math
import mmap
import os
import struct
import sys
import time

PROTOCOL = 1
# A picture that claims to be larger is refused before anything is decoded.
MAX_PIXELS = 25_000_000
# Larger pictures are made smaller before detection; boxes are given in the picture's own pixels.
DETECTION_WIDTH = 640
CASCADE = "haarcascade_frontalface_default.xml"
CASCADE_FOLDERS = ("/usr/share/opencv4/haarcascades", "/usr/share/opencv/haarcascades")
MAX_CLASSES = 10_000
# The least probability of a model's detections that is told, unless a request says otherwise.
LEAST = 0.25
COCO = (
    "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,bench,"
    "bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,skis,"
    "snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,cup,fork,"
    "knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,potted plant,bed,"
    "dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,refrigerator,book,clock,"
    "vase,scissors,teddy bear,hair drier,toothbrush"
).split(",")


class ImageFault(Exception):
    """The picture cannot be used; the sender's fault."""


def write_line(message):
    sys.stdout.buffer.write(json.dumps(message, allow_nan=False, separators=(",", ":")).encode() + b"\n")
    sys.stdout.buffer.flush()


def jpeg_size(data):
    """Width and height from the frame header, without decoding."""
    position = 2
    while position + 4 <= len(data):
        if data[position] != 0xFF:
            raise ImageFault("broken JPEG: marker expected")
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            position += 2
            continue
        if marker in (0xD9, 0xDA):
            break
        (length,) = struct.unpack(">H", data[position + 2 : position + 4])
        if length < 2:
            raise ImageFault("broken JPEG: impossible segment length")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if position + 9 > len(data):
                break
            height, width = struct.unpack(">HH", data[position + 5 : position + 9])
            return width, height
        position += 2 + length
    raise ImageFault("broken JPEG: no frame header")


def check_image(data):
    """Refuses what is no complete JPEG or PNG of an acceptable size. The decoder itself would fill up a truncated picture."""
    if data[:3] == b"\xff\xd8\xff":
        width, height = jpeg_size(data)
        complete = data.rstrip(b"\x00").endswith(b"\xff\xd9")
    elif data[:8] == b"\x89PNG\r\n\x1a\n":
        if len(data) < 33 or data[12:16] != b"IHDR":
            raise ImageFault("broken PNG: no header")
        width, height = struct.unpack(">II", data[16:24])
        complete = data.rstrip(b"\x00").endswith(b"IEND\xaeB`\x82")
    else:
        raise ImageFault("neither JPEG nor PNG")
    if width < 1 or height < 1:
        raise ImageFault("picture of %d x %d pixels" % (width, height))
    if width * height > MAX_PIXELS:
        raise ImageFault("picture of %d x %d pixels, more than %d megapixels" % (width, height, MAX_PIXELS // 1_000_000))
    if not complete:
        raise ImageFault("truncated picture")


class HogPeople:
    """Whole people who stand upright."""

    classes = ("person",)

    def __init__(self, cv2):
        if not hasattr(cv2, "HOGDescriptor"):
            raise RuntimeError("OpenCV %s finds no people without a model: set vision.opencv.model, or take OpenCV 4" % cv2.__version__)
        self.hog = cv2.HOGDescriptor()
        self.hog.setSVMDetector(cv2.HOGDescriptor_getDefaultPeopleDetector())

    def find(self, view, _wanted):
        picture = view.gray
        if picture.shape[0] < 128 or picture.shape[1] < 64:
            return
        boxes, weights = self.hog.detectMultiScale(picture, winStride=(8, 8), padding=(8, 8), scale=1.05)
        for box, weight in zip(boxes, view.numpy.ravel(weights)):
            if weight > 0:
                # The trained window has a margin of about a tenth around the person.
                x, y, w, h = (float(value) for value in box)
                yield "person", (x + 0.1 * w, y + 0.06 * h, 0.8 * w, 0.88 * h), 1 - 2 ** -float(weight)


class HaarFaces:
    """Faces that look into the camera."""

    classes = ("face",)

    def __init__(self, cv2):
        if not hasattr(cv2, "CascadeClassifier"):
            raise RuntimeError("OpenCV %s has no cascades: take OpenCV 4, or a model that knows faces" % cv2.__version__)
        paths = [os.path.join(folder, CASCADE) for folder in CASCADE_FOLDERS]
        path = next((path for path in paths if os.path.exists(path)), None)
        if path is None:
            raise RuntimeError("%s not found: apt install opencv-data" % CASCADE)
        self.cascade = cv2.CascadeClassifier(path)
        if self.cascade.empty():
            raise RuntimeError("cannot read %s" % path)

    def find(self, view, _wanted):
        boxes, _, margins = self.cascade.detectMultiScale3(
            view.gray, scaleFactor=1.15, minNeighbors=5, minSize=(28, 28), outputRejectLevels=True
        )
        for box, margin in zip(boxes, view.numpy.ravel(margins)):
            if margin > 0:
                yield "face", tuple(float(value) for value in box), 1 - math.exp(-float(margin) / 2)


class ONNXFacts:
    """What cv2.dnn does not tell of a model: its metadata and the size of its input. A reader of just enough protobuf."""

    def __init__(self, path):
        self.metadata = {}
        self.input_size = None
        with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as model:
            try:
                for number, value in self.fields(model, 0, len(model)):
                    if number == 14 and isinstance(value, tuple):
                        entry = dict(self.fields(model, *value))
                        key, text = (bytes(model[slice(*entry[part])]).decode() for part in (1, 2))
                        self.metadata[key] = text
                    elif number == 7 and isinstance(value, tuple):
                        self.read_graph(model, *value)
            except (ValueError, KeyError, TypeError, IndexError, struct.error):
                raise RuntimeError("%s is no ONNX model" % path) from None

    def read_graph(self, model, start, end):
        for number, value in self.fields(model, start, end):
            if number == 11 and self.input_size is None:
                kind = dict(self.fields(model, *dict(self.fields(model, *value))[2]))
                shape = dict(self.fields(model, *kind[1])).get(2)
                dimensions = []
                for number, dimension in self.fields(model, *shape) if shape else ():
                    dimensions.append(dict(self.fields(model, *dimension)).get(1, 0))
                if len(dimensions) == 4 and all(isinstance(size, int) and size > 0 for size in dimensions[2:]):
                    self.input_size = (dimensions[3], dimensions[2])

    def fields(self, data, position, end):
        """Pairs of a field's number and its value: an integer, or where its bytes begin and end."""
        while position < end:
            tag, position = self.varint(data, position)
            kind = tag & 7
            if kind == 0:
                value, position = self.varint(data, position)
            elif kind == 2:
                length, position = self.varint(data, position)
                if position + length > end:
                    raise ValueError("a field ends beyond its message")
                value, position = (position, position + length), position + length
            elif kind in (1, 5):
                value, position = None, position + (8 if kind == 1 else 4)
            else:
                raise ValueError("unknown kind of field")
            yield tag >> 3, value

    @staticmethod
    def varint(data, position):
        result = shift = 0
        while True:
            byte = data[position]
            position += 1
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                return result, position
            shift += 7
            if shift > 63:
                raise ValueError("a number without an end")


class Yolo:
    """YOLOv8 and YOLO11: one output of 4 + classes rows (centre x, centre y, width, height, then a probability for each class)."""

    def __init__(self, cv2, numpy, arguments):
        self.cv2 = cv2
        self.numpy = numpy
        self.overlap = arguments.overlap
        path = arguments.model
        if not os.path.isfile(path):
            raise RuntimeError("there is no model %s" % path)
        facts = ONNXFacts(path)
        self.size = facts.input_size or self.exported_size(facts) or (arguments.size, arguments.size)
        try:
            self.network = cv2.dnn.readNetFromONNX(path)
            output = self.forward(numpy.full((self.size[1], self.size[0], 3), 114, numpy.uint8))
        except cv2.error as fault:
            raise RuntimeError(self.advice(path, fault)) from None
        self.classes = self.names(path, arguments.names, facts, self.rows(output).shape[1] - 4)

    def advice(self, path, fault):
        reason = " ".join(str(fault).split())[:200]
        return (
            "OpenCV %s cannot run %s: export it with opset=12 simplify=True dynamic=False nms=False, or take OpenCV 5 "
            "in vision.opencv.program (%s)" % (self.cv2.__version__, path, reason)
        )

    @staticmethod
    def exported_size(facts):
        try:
            height, width = ast.literal_eval(facts.metadata.get("imgsz", ""))
            return (int(width), int(height)) if 32 <= min(width, height) and max(width, height) <= 8192 else None
        except (ValueError, SyntaxError, TypeError):
            return None

    @staticmethod
    def names(path, file, facts, count):
        beside = os.path.splitext(path)[0] + ".names"
        file = file or (beside if os.path.exists(beside) else "")
        if file:
            with open(file, encoding="utf-8") as lines:
                names = [line.strip() for line in lines if line.strip()]
            source = file
        elif "names" in facts.metadata:
            source = "the model's metadata"
            try:
                table = ast.literal_eval(facts.metadata["names"])
                names = [str(table[index]) for index in range(len(table))]
            except (ValueError, SyntaxError, KeyError, TypeError, IndexError):
                raise RuntimeError("%s has names that cannot be read: give a file in --names" % path) from None
        elif count == len(COCO):
            names, source = list(COCO), "COCO"
        else:
            raise RuntimeError("%s does not name its %d classes: give a file in --names" % (path, count))
        if len(names) != count:
            raise RuntimeError("%s has %d classes, but %s names %d" % (path, count, source, len(names)))
        return names

    def forward(self, square):
        self.network.setInput(self.cv2.dnn.blobFromImage(square, 1 / 255, self.size, swapRB=True, crop=False))
        return self.network.forward()

    def rows(self, output):
        """One row for each candidate, whichever way round the model has them."""
        table = output[0] if output.ndim == 3 and output.shape[0] == 1 else None
        if table is None or min(table.shape) < 5 or min(table.shape) > MAX_CLASSES:
            shape = "x".join(str(size) for size in output.shape)
            raise RuntimeError("an output of shape %s is none of YOLOv8 or YOLO11 for detection" % shape)
        return table.T if table.shape[0] <= table.shape[1] else table

    def find(self, view, wanted):
        numpy = self.numpy
        picture = view.color
        height, width = picture.shape[:2]
        scale = min(self.size[0] / width, self.size[1] / height)
        fitted = (max(1, round(width * scale)), max(1, round(height * scale)))
        left, top = (self.size[0] - fitted[0]) // 2, (self.size[1] - fitted[1]) // 2
        square = numpy.full((self.size[1], self.size[0], 3), 114, numpy.uint8)
        interpolation = self.cv2.INTER_AREA if scale < 1 else self.cv2.INTER_LINEAR
        square[top : top + fitted[1], left : left + fitted[0]] = self.cv2.resize(picture, fitted, interpolation=interpolation)

        rows = self.rows(self.forward(square))
        scores = rows[:, 4:]
        best = scores.argmax(axis=1)
        certainty = scores[numpy.arange(len(scores)), best]
        known = numpy.array([name in wanted for name in self.classes])
        chosen = numpy.flatnonzero((certainty >= view.least) & known[best] & numpy.isfinite(rows).all(axis=1))
        for index in set(best[chosen].tolist()):
            mine = chosen[best[chosen] == index]
            boxes = [
                ((x - w / 2 - left) / scale, (y - h / 2 - top) / scale, w / scale, h / scale)
                for x, y, w, h in rows[mine, :4].astype(float)
            ]
            kept = self.cv2.dnn.NMSBoxes(boxes, certainty[mine].astype(float).tolist(), view.least, self.overlap)
            for place in numpy.ravel(kept):
                yield self.classes[index], boxes[place], min(1.0, float(certainty[mine][place]))


class View:
    """A picture in the forms that detectors look at."""

    def __init__(self, cv2, numpy, color, least):
        self.numpy = numpy
        self.cv2 = cv2
        self.color = color
        # What a model is less certain of is not told.
        self.least = least
        self._gray = None

    @property
    def gray(self):
        if self._gray is None:
            self._gray = self.cv2.cvtColor(self.color, self.cv2.COLOR_BGR2GRAY)
        return self._gray


class Detector:
    def __init__(self, arguments):
        import cv2
        import numpy

        self.cv2 = cv2
        self.numpy = numpy
        # One process per task: threads would only fight with the other processes.
        cv2.setNumThreads(1)
        if arguments.model:
            yolo = Yolo(cv2, numpy, arguments)
            self.parts = [yolo]
            self.model = os.path.splitext(os.path.basename(arguments.model))[0]
            if "face" not in yolo.classes:
                try:
                    self.parts.append(HaarFaces(cv2))
                except RuntimeError as fault:
                    sys.stderr.write("faces are not looked for: %s\n" % fault)
        else:
            self.parts = [HogPeople(cv2), HaarFaces(cv2)]
            self.model = "hog+haar"
        self.classes = [name for part in self.parts for name in part.classes]

    def decode(self, encoded):
        try:
            data = base64.b64decode("".join(encoded.split()), validate=True)
        except (binascii.Error, ValueError):
            raise ImageFault("not base64") from None
        check_image(data)
        picture = self.cv2.imdecode(self.numpy.frombuffer(data, self.numpy.uint8), self.cv2.IMREAD_COLOR)
        if picture is None:
            raise ImageFault("cannot be decoded")
        return picture

    def detect(self, picture, classes, least=LEAST):
        height, width = picture.shape[:2]
        scale = 1.0
        if width > DETECTION_WIDTH:
            scale = width / DETECTION_WIDTH
            size = (DETECTION_WIDTH, max(1, round(height / scale)))
            picture = self.cv2.resize(picture, size, interpolation=self.cv2.INTER_AREA)
        view = View(self.cv2, self.numpy, picture, least)
        detections = []
        for part in self.parts:
            wanted = [name for name in part.classes if name in classes]
            for name, (x, y, w, h), confidence in part.find(view, wanted) if wanted else ():
                x1, y1 = max(0, round(x * scale)), max(0, round(y * scale))
                x2, y2 = min(width, round((x + w) * scale)), min(height, round((y + h) * scale))
                if x2 > x1 and y2 > y1:
                    detections.append({"class": name, "confidence": round(confidence, 3), "bbox": [x1, y1, x2, y2]})
        detections.sort(key=lambda detection: -detection["confidence"])
        return detections


def answer(detector, request):
    try:
        classes = set(request.get("classes", detector.classes))
        started = time.perf_counter()
        picture = detector.decode(request["image"])
        detections = detector.detect(picture, classes, float(request.get("confidence", LEAST)))
        return {
            "width": picture.shape[1],
            "height": picture.shape[0],
            "milliseconds": round((time.perf_counter() - started) * 1000, 2),
            "detections": detections,
        }
    except ImageFault as fault:
        return {"fault": "image", "error": str(fault)}
    except Exception as fault:  # A detector that stumbles over one picture may still serve the next.
        return {"fault": "engine", "error": "%s: %s" % (type(fault).__name__, str(fault)[:300])}


def main():
    # An interrupt in the terminal is for the program that started this one; the end of input is for this one.
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parser = argparse.ArgumentParser(description="Finds things in pictures; see the head of this file.")
    parser.add_argument("--model", default="", help="a YOLOv8 or YOLO11 detection model (ONNX)")
    parser.add_argument("--names", default="", help="the names of its classes, one a line")
    parser.add_argument("--size", type=int, default=640, help="of the model's input when it is not fixed (640)")
    parser.add_argument("--overlap", type=float, default=0.45, help="boxes of one class sharing more are one (0.45)")
    arguments = parser.parse_args()
    try:
        detector = Detector(arguments)
    except Exception as fault:
        write_line({"ready": False, "protocol": PROTOCOL, "error": "%s: %s" % (type(fault).__name__, fault)})
        return 1
    write_line(
        {
            "ready": True,
            "protocol": PROTOCOL,
            "version": "OpenCV %s, Python %d.%d" % ((detector.cv2.__version__,) + sys.version_info[:2]),
            "ping": True,
            "model": detector.model,
            "classes": detector.classes[:100],
            "max_pixels": MAX_PIXELS,
        }
    )
    for line in sys.stdin.buffer:
        try:
            request = json.loads(line)
            number = request["id"]
        except (ValueError, KeyError, TypeError) as fault:
            sys.stderr.write("unreadable request: %s\n" % fault)
            return 1
        reply = {"id": number}
        if request.get("ping") is not True:
            reply.update(answer(detector, request))
        write_line(reply)
    return 0


if __name__ == "__main__":
    sys.exit(main())
