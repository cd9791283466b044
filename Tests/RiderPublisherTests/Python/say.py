"""Publishes "{}" on a topic through a broker, again and again, until it is ended.

    say.py ADDRESS TOPIC
"""
import sys
import time

import zmq

socket = zmq.Context().socket(zmq.PUB)
socket.connect(sys.argv[1])
while True:
    socket.send_multipart([sys.argv[2].encode(), b"{}"])
    time.sleep(0.02)
