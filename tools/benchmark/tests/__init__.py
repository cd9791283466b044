"""Tests of what tools/bench makes of its measurements: cd tools && /usr/bin/python3 -m unittest discover -t . -s benchmark/tests"""
