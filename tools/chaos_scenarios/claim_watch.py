"""Follows every claim that Redis carries out and judges its order."""
import heapq
import re
import threading

from .redis_server import Connection

ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", '"': '"', "\\": "\\"}
ARGUMENT = re.compile(r'"((?:[^"\\]|\\.)*)"')
ESCAPE = re.compile(r"\\(x[0-9a-f]{2}|.)")


class ClaimWatch:
    """Redis' MONITOR shows the commands that the queue's scripts carry out: tasks that are put into the lists of waiting tasks,
    and tasks that are leased. From them this keeps a list of its own of what waits, and looks at each leased task: none of a more
    urgent level may wait at that moment, and none that is older in its own level."""

    def __init__(self, root="{rider}"):
        self.root = root
        self.claims = 0
        self.out_of_order = 0
        self.unknown = 0
        self.first_wrong = None
        self.waiting = {}
        self.heaps = {level: [] for level in range(1, 11)}
        self.thread = None

    # MARK: - Following

    def follow(self, path):
        """Begins anew with what waits now. To be called while nobody else is connected."""
        monitor = Connection(path)
        monitor.send("MONITOR")
        monitor.reply()
        self.waiting.clear()
        for heap in self.heaps.values():
            heap.clear()
        other = Connection(path)
        for name in other.ask("ZRANGE", f"{self.root}:ready", 0, -1):
            self.put(other.ask("LRANGE", f"{self.root}:ready:{name}", 0, -1))
        other.close()
        self.thread = threading.Thread(target=self.read, args=(monitor,), daemon=True)
        self.thread.start()

    def read(self, monitor):
        pushed = (f' lua] "RPUSH" "{self.root}:ready:', f' lua] "LPUSH" "{self.root}:ready:')
        leased = f' lua] "HSET" "{self.root}:leased"'
        try:
            for line in monitor.file:
                text = line.decode(errors="replace")
                head = text[:80]
                if any(command in head for command in pushed):
                    self.put(arguments(text)[2:])
                elif leased in head:
                    self.lease(arguments(text)[2:])
        except OSError:
            pass

    def end(self):
        """To be called when the server has ended: reads what it still said."""
        self.thread.join()

    # MARK: - Judging

    def put(self, elements):
        for element in elements:
            fields = element.split(" ", 7)
            position, level = int(fields[0]), int(fields[6])
            self.waiting[position] = level
            heapq.heappush(self.heaps[level], position)

    def first(self):
        """Level and position of the task that must be claimed next."""
        for level, heap in self.heaps.items():
            while heap and heap[0] not in self.waiting:
                heapq.heappop(heap)
            if heap:
                return level, heap[0]
        return None

    def lease(self, values):
        for position, value in zip(map(int, values[::2]), values[1::2]):
            self.claims += 1
            level = self.waiting.get(position)
            expected = self.first()
            if level is None:
                self.unknown += 1
            elif (level, position) != expected:
                self.out_of_order += 1
                self.first_wrong = self.first_wrong or f"{value.split(chr(10))[0]} was claimed before {expected}"
            self.waiting.pop(position, None)


def arguments(line):
    return [ESCAPE.sub(unescape, text) if "\\" in text else text for text in ARGUMENT.findall(line)]


def unescape(match):
    text = match.group(1)
    return chr(int(text[1:], 16)) if len(text) == 3 else ESCAPES.get(text, text)
