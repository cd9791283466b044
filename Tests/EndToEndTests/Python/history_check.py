"""Compares exports of metric history with the journal's own file, which it reads by itself.

    history_check.py SAMPLES_DB csv FILE | jsonl FILE | influx FILE | dump FILE

Prints how many samples there are, and ends with 1 when one is missing, strange, or at another millisecond.
"""
import json
import re
import sqlite3
import struct
import subprocess
import sys
import tempfile
from datetime import datetime, timezone

ABSENT = 0x7FF0000000000002


class Bytes:
    """migrations/samples_001_samples.sql and Sources/RiderHistory/Encoding, said once more."""

    def __init__(self, data, offset=0):
        self.data, self.offset = data, offset

    def byte(self):
        self.offset += 1
        return self.data[self.offset - 1]

    def varint(self):
        value, shift = 0, 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def signed(self):
        value = self.varint()
        return (value >> 1) ^ -(value & 1)

    def word(self, count=8):
        self.offset += count
        return int.from_bytes(self.data[self.offset - count:self.offset], "little")


def double(bits):
    return struct.unpack("<d", struct.pack("<Q", bits))[0]


def bits(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


def runs(reader, count, spare):
    numbers = []
    while len(numbers) < count:
        number = reader.signed()
        numbers.append(number)
        if number == 0:
            numbers += [0] * reader.varint()
    assert len(numbers) == count, spare
    return numbers


def column(reader, points):
    count = reader.varint()
    first = reader.varint() if count else 0
    values = [None] * points
    if not count:
        return values
    form = reader.byte()
    if form == 0:
        exponent = reader.byte()
        value = double(reader.word()) if exponent == 0xFF else reader.signed() / 10 ** exponent
        found = [value] * count
    elif form in (1, 2):
        power = 10 ** reader.byte()
        numbers = runs(reader, count, form)
        for _ in range(form):
            total = 0
            for index, number in enumerate(numbers):
                total += number
                numbers[index] = total
        found = [number / power for number in numbers]
    else:
        word, found = 0, []
        for _ in range(count):
            header = reader.byte()
            if header:
                word ^= reader.word(header & 15) << 8 * (header >> 4)
            found.append(double(word))
    values[first:first + count] = [None if bits(value) == ABSENT else float(value) for value in found]
    return values


def journal(path):
    """{(name, labels, milliseconds): value} of every sample."""
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    names = {number: (name, frozenset(json.loads(labels).items()))
             for number, name, labels in database.execute("SELECT id, name, labels FROM series")}
    samples = {}

    def add(series, at, value):
        key = (*names[series], at)
        assert key not in samples, key
        samples[key] = value

    for chunk, points, times in database.execute("SELECT id, points, times FROM chunk WHERE resolution = 0"):
        reader, at, step, moments = Bytes(times), 0, 0, []
        for _ in range(points):
            step += reader.signed()
            at += step
            moments.append(at)
        for key, block in database.execute(
                "SELECT id, bytes FROM block WHERE id >= ? AND id < ?", (chunk << 24, chunk + 1 << 24)):
            for moment, value in zip(moments, column(Bytes(block, 4), points)):
                if value is not None:
                    add(key & 0xFFFFFF, moment, value)
    values = {}
    for at, changes in database.execute("SELECT at, changes FROM recent ORDER BY round"):
        reader, series = Bytes(changes), 0
        for _ in range(reader.varint()):
            series += reader.varint()
            form = reader.varint()
            if form & 1:
                word = reader.word()
                values[series] = None if word == ABSENT else double(word)
            else:
                difference = (form >> 2) ^ -(form >> 1 & 1)
                values[series] = (values.get(series) or 0.0) + difference
        for series, value in values.items():
            if value is not None:
                add(series, at, value)
    return samples


def csv(path):
    """By SQLite's own import."""
    with tempfile.TemporaryDirectory() as folder:
        lines = subprocess.run(
            ["sqlite3", folder + "/csv.db", "-cmd", ".mode csv", f".import '{path}' samples",
             ".mode json", "SELECT time, metric, labels, value FROM samples"],
            check=True, stdout=subprocess.PIPE).stdout
    for row in json.loads(lines):
        moment = datetime.strptime(row["time"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
        yield (row["metric"], frozenset(json.loads(row["labels"]).items()),
               round(moment.timestamp() * 1000)), float(row["value"])


def jsonl(path):
    with open(path) as file:
        for line in file:
            row = json.loads(line)
            yield (row["metric"], frozenset(row["labels"].items()), round(row["ts"] * 1000)), float(row["value"])


def influx(path):
    def split(text, separator):
        return re.split(r"(?<!\\)" + separator, text)

    def plain(text):
        return re.sub(r"\\(.)", r"\1", text)

    with open(path) as file:
        for line in file:
            head, field, time = split(line.rstrip("\n"), " ")
            name, *tags = split(head, ",")
            assert time.endswith("000000") and field.startswith("value="), line
            labels = frozenset(tuple(map(plain, split(tag, "="))) for tag in tags)
            yield (plain(name), labels, int(time) // 1_000_000), float(field[6:])


def dump(path):
    """What `promtool tsdb dump` prints."""
    with open(path) as file:
        for line in file:
            labels, value, time = re.fullmatch(r"\{(.*)\} (\S+) (\d+)\n", line).groups()
            pairs = {name: json.loads(f'"{text}"')
                     for name, text in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', labels)}
            name = pairs.pop("__name__")
            yield (name, frozenset(pairs.items()), int(time)), float(value)


def main():
    expected = journal(sys.argv[1])
    found = {}
    for key, value in globals()[sys.argv[2]](sys.argv[3]):
        if key in found:
            raise SystemExit(f"twice: {key}")
        found[key] = value

    def without_empty(samples):
        # A label with an empty value is the same as none, for Prometheus and InfluxDB.
        return {(name, frozenset(pair for pair in labels if pair[1]), at): value
                for (name, labels, at), value in samples.items()}

    expected, found = without_empty(expected), without_empty(found)
    wrong = [key for key in expected.keys() | found.keys() if expected.get(key) != found.get(key)]
    print(len(found))
    for key in wrong[:10]:
        print(f"{key}: journal {expected.get(key)}, export {found.get(key)}", file=sys.stderr)
    sys.exit(1 if wrong else 0)


main()
