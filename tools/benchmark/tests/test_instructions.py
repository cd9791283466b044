import os
import tempfile
import unittest

from benchmark import callgrind, instructions


class Comparison(unittest.TestCase):
    def test_a_step_that_costs_clearly_more_is_named(self):
        rows, dearer = instructions.compare({"claim": 10_000, "journal": 20_000}, {"claim": 10_600, "journal": 20_100})
        self.assertEqual(dearer, ["claim"])
        self.assertEqual([row[-1] for row in rows[1:]], ["DEARER", ""])

    def test_what_lies_within_the_tolerance_passes(self):
        _, dearer = instructions.compare({"claim": 10_000}, {"claim": 10_499})
        self.assertEqual(dearer, [])

    def test_a_step_with_a_wider_tolerance_has_it(self):
        kept, limit = 10_000, instructions.TOLERANCES["publish"]
        _, dearer = instructions.compare({"publish": kept}, {"publish": kept * (1 + limit) - 1})
        self.assertEqual(dearer, [])
        _, dearer = instructions.compare({"publish": kept}, {"publish": kept * (1 + limit) + 1})
        self.assertEqual(dearer, ["publish"])

    def test_a_cheaper_step_passes_and_asks_to_be_kept(self):
        rows, dearer = instructions.compare({"claim": 10_000}, {"claim": 8_000})
        self.assertEqual(dearer, [])
        self.assertEqual(rows[1][-1], "cheaper: keep it")

    def test_a_step_that_nobody_has_kept_passes(self):
        _, dearer = instructions.compare({}, {"claim": 10_000})
        self.assertEqual(dearer, [])


COUNTS = """\
# callgrind format
version: 1
desc: Trigger: --dump-before=mark
positions: line
events: Ir
summary: 160

fl=(1) somewhere
fn=(1) parse
10 20
+1 30
cfn=(2) copy
calls=3 40
* 100
-1 5
fn=(2)
40 105
"""


class Counts(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = os.path.join(self.folder.name, "counts.1")
        with open(self.path, "w") as file:
            file.write(COUNTS)

    def tearDown(self):
        self.folder.cleanup()

    def test_the_summary_is_the_count_of_the_step(self):
        self.assertEqual(callgrind.instructions(self.path), 160)

    def test_what_a_function_calls_is_not_its_own_cost(self):
        self.assertEqual(callgrind.dearest_functions(self.path), [(105, "copy"), (55, "parse")])
