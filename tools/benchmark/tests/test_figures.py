import json
import os
import tempfile
import unittest

from benchmark.figures import Figure, Figures, compare


class Ratios(unittest.TestCase):
    def setUp(self):
        self.figures = Figures([
            Figure("C", "µs"), Figure("own", "µs", neighbour="C", ratio_target=1.5),
            Figure("rate", "tasks/s", more_is_better=True, target=100)])

    def test_a_ratio_is_the_median_of_the_ratios_within_each_run(self):
        for bare, own in ((10, 12), (100, 140), (10, 19)):
            self.figures.add("C", bare)
            self.figures.add("own", own)
        self.assertEqual(self.figures.ratio(self.figures.declared["own"]), 1.4)
        self.assertIs(self.figures.verdict(self.figures.declared["own"]), True)

    def test_a_missed_ratio_and_a_missed_target_are_called_so(self):
        self.figures.add("C", 10)
        self.figures.add("own", 16)
        self.figures.add("rate", 99)
        table = self.figures.table()
        self.assertEqual(table.count("MISSED"), 2)

    def test_without_its_neighbour_a_figure_has_no_verdict(self):
        self.figures.add("own", 16)
        self.assertIsNone(self.figures.verdict(self.figures.declared["own"]))


class Comparison(unittest.TestCase):
    def compared(self, before, after):
        with tempfile.TemporaryDirectory() as folder:
            paths = []
            for name, values in (("before", before), ("after", after)):
                figures = Figures([Figure("drain", "tasks/s", more_is_better=True)])
                for value in values:
                    figures.add("drain", value)
                paths.append(os.path.join(folder, name))
                figures.write(paths[-1], {})
                with open(paths[-1]) as file:
                    json.load(file)
            return compare(*paths).splitlines()[-1]

    def test_runs_that_overlap_are_no_change(self):
        self.assertTrue(self.compared([100, 110, 120], [115, 125, 130]).endswith("%"))

    def test_runs_apart_are_one(self):
        self.assertTrue(self.compared([100, 110, 120], [125, 130, 140]).endswith("better"))
        self.assertTrue(self.compared([100, 110, 120], [80, 85, 90]).endswith("worse"))
