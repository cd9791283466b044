"""Counts the instructions of a program between its marks, with valgrind's callgrind."""
import collections
import glob
import json
import os
import re
import shutil
import subprocess

# Called by the program where one step ends and the next begins: `Measured.mark` in Swift's own spelling.
MARK = "*MeasuredO4mark*"
# The plainest of the C library's ways to copy and compare, so that counts do not depend on the processor's extensions.
PLAIN_COPIES = "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX2,-AVX,-AVX_Fast_Unaligned_Load,-BMI2,-ERMS,-FSRM"


def is_installed():
    return shutil.which("valgrind") is not None


def count(program, arguments, folder):
    """Runs a program that prints its marks, and gives a list of (step, tasks it was done for, file of its counts)."""
    os.makedirs(folder, exist_ok=True)
    for old in glob.glob(os.path.join(folder, "counts*")):
        os.remove(old)
    # Function names stay; valgrind cannot read the compiler's other debug information.
    copy, counts = os.path.join(folder, "program"), os.path.join(folder, "counts")
    subprocess.run(["strip", "-g", "-o", copy, program], check=True)
    environment = dict(os.environ, GLIBC_TUNABLES=PLAIN_COPIES, SWIFT_DETERMINISTIC_HASHING="1")
    done = subprocess.run(
        ["valgrind", "--quiet", "--tool=callgrind", f"--callgrind-out-file={counts}", f"--dump-before={MARK}", copy,
         *arguments], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, timeout=600, check=True)
    marks = json.loads(done.stdout)["marks"]
    return [(mark["step"], mark["count"], f"{counts}.{number}") for number, mark in enumerate(marks, 1)]


def instructions(path):
    with open(path) as file:
        return int(re.search(r"^summary: (\d+)", file.read(), re.MULTILINE).group(1))


def dearest_functions(path, count=12):
    """Where the instructions of a step were spent: (instructions, function), without what a function calls."""
    names, costs = {}, collections.Counter()
    function, is_call = None, False
    with open(path, errors="replace") as file:
        for line in file:
            if match := re.match(r"c?fn=\((\d+)\)(?: (.*))?$", line):
                if match[2]:
                    names[match[1]] = match[2]
                if line.startswith("fn="):
                    function = match[1]
            elif line.startswith("calls="):
                # The next line has the cost of the function that is called.
                is_call = True
            elif re.match(r"[+*\-\d]", line):
                if not is_call:
                    costs[function] += int(line.split()[1])
                is_call = False
    return [(cost, names.get(function, function)) for function, cost in costs.most_common(count)]
