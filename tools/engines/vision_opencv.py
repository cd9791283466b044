#!/usr/bin/python3
"""Finds people and faces in pictures: the engine process behind vision.frame and vision.detection.

One JSON object per line on standard input and output, one request at a time:

    -> {"id": 7, "image": "<base64 JPEG or PNG>", "classes": ["person", "face"]}
    <- {"id": 7, "width": 320, "height": 240, "milliseconds": 21.4,
        "detections": [{"class": "person", "confidence": 0.83, "bbox": [x1, y1, x2, y2]}]}
    <- {"id": 7, "fault": "image", "error": "..."}      the picture is no good
    <- {"id": 7, "fault": "engine", "error": "..."}     this process is no good

The first line it writes says that it is ready, or why it cannot be. It ends at the end of its input. Whatever else has
to be said goes to standard error.

People come from OpenCV's HOG descriptor with its built-in linear SVM: upright, whole, at least about 100 pixels tall in
the picture it looks at. Faces come from the frontal Haar cascade. Both are small, need no download, and see only that:
"nothing detected" does not mean "nothing there".

Confidence. Neither detector gives a probability. The SVM gives a distance from its decision plane: 1 - 2 ** -distance
maps it to 0..1. On 19 views of pedestrians (320x240) half of the people were above 1.5 (0.65), on 82 pictures without
people both false alarms were below 1.0 (0.5). The cascade gives the margin of its last stage (around 1 for doubtful, 4
and more for clear faces): 1 - exp(-margin / 2). Both rise with the evidence; neither is calibrated.

A 320x240 frame takes about 15 ms on one core of a small machine (people 10, faces 5). Finer steps for people (window
stride 4) took 32 ms and found a third more people, but four times the false alarms.

Needs python3-opencv and opencv-data (Debian, Ubuntu): apt install python3-opencv opencv-data
"""

import base64
import binascii
import json
import math
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
CLASSES = ("person", "face")


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


class Detector:
    def __init__(self):
        import cv2
        import numpy

        self.cv2 = cv2
        self.numpy = numpy
        # One process per task: threads would only fight with the other processes.
        cv2.setNumThreads(1)
        self.hog = cv2.HOGDescriptor()
        self.hog.setSVMDetector(cv2.HOGDescriptor_getDefaultPeopleDetector())
        paths = [os.path.join(folder, CASCADE) for folder in CASCADE_FOLDERS]
        path = next((path for path in paths if os.path.exists(path)), None)
        if path is None:
            raise RuntimeError("%s not found: apt install opencv-data" % CASCADE)
        self.faces = cv2.CascadeClassifier(path)
        if self.faces.empty():
            raise RuntimeError("cannot read %s" % path)

    def decode(self, encoded):
        try:
            data = base64.b64decode("".join(encoded.split()), validate=True)
        except (binascii.Error, ValueError):
            raise ImageFault("not base64") from None
        check_image(data)
        picture = self.cv2.imdecode(self.numpy.frombuffer(data, self.numpy.uint8), self.cv2.IMREAD_GRAYSCALE)
        if picture is None:
            raise ImageFault("cannot be decoded")
        return picture

    def detect(self, picture, classes):
        height, width = picture.shape
        scale = 1.0
        if width > DETECTION_WIDTH:
            scale = width / DETECTION_WIDTH
            size = (DETECTION_WIDTH, max(1, round(height / scale)))
            picture = self.cv2.resize(picture, size, interpolation=self.cv2.INTER_AREA)
        found = []
        if "person" in classes:
            found += [("person", box, confidence) for box, confidence in self.people(picture)]
        if "face" in classes:
            found += [("face", box, confidence) for box, confidence in self.find_faces(picture)]
        detections = []
        for name, (x, y, w, h), confidence in found:
            x1, y1 = max(0, round(x * scale)), max(0, round(y * scale))
            x2, y2 = min(width, round((x + w) * scale)), min(height, round((y + h) * scale))
            if x2 > x1 and y2 > y1:
                detections.append({"class": name, "confidence": round(confidence, 3), "bbox": [x1, y1, x2, y2]})
        detections.sort(key=lambda detection: -detection["confidence"])
        return detections

    def people(self, picture):
        if picture.shape[0] < 128 or picture.shape[1] < 64:
            return []
        boxes, weights = self.hog.detectMultiScale(picture, winStride=(8, 8), padding=(8, 8), scale=1.05)
        for box, weight in zip(boxes, self.numpy.ravel(weights)):
            if weight > 0:
                # The trained window has a margin of about a tenth around the person.
                x, y, w, h = (float(value) for value in box)
                yield (x + 0.1 * w, y + 0.06 * h, 0.8 * w, 0.88 * h), 1 - 2 ** -float(weight)

    def find_faces(self, picture):
        boxes, _, margins = self.faces.detectMultiScale3(
            picture, scaleFactor=1.15, minNeighbors=5, minSize=(28, 28), outputRejectLevels=True
        )
        for box, margin in zip(boxes, self.numpy.ravel(margins)):
            if margin > 0:
                yield tuple(float(value) for value in box), 1 - math.exp(-float(margin) / 2)


def answer(detector, request):
    try:
        classes = [name for name in request.get("classes", CLASSES) if name in CLASSES]
        started = time.perf_counter()
        picture = detector.decode(request["image"])
        detections = detector.detect(picture, classes)
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
    try:
        detector = Detector()
    except Exception as fault:
        write_line({"ready": False, "protocol": PROTOCOL, "error": "%s: %s" % (type(fault).__name__, fault)})
        return 1
    write_line(
        {
            "ready": True,
            "protocol": PROTOCOL,
            "version": "OpenCV %s, Python %d.%d" % ((detector.cv2.__version__,) + sys.version_info[:2]),
            "model": "hog+haar",
            "classes": CLASSES,
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
        reply.update(answer(detector, request))
        write_line(reply)
    return 0


if __name__ == "__main__":
    sys.exit(main())
