#!/usr/bin/python3
"""Writes one frame of a film to standard output as JPEG. Usage: sample_frame.py FILM NUMBER"""
import sys

import cv2

film = cv2.VideoCapture(sys.argv[1])
film.set(cv2.CAP_PROP_POS_FRAMES, int(sys.argv[2]))
is_read, picture = film.read()
if not is_read:
    sys.exit("no frame %s in %s" % (sys.argv[2], sys.argv[1]))
sys.stdout.buffer.write(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
