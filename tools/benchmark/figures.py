"""What is measured, kept per run, and the tables made of it."""
import dataclasses
import json
import statistics


@dataclasses.dataclass(frozen=True)
class Figure:
    """One measured number: its name, unit, which way is better, and what it must reach."""
    name: str
    unit: str
    more_is_better: bool = False
    target: float | None = None
    # The figure of the same run that does the same work by other means; and the ratio to it that must hold.
    neighbour: str | None = None
    ratio_target: float | None = None


class Figures:
    def __init__(self, declared):
        self.declared = {figure.name: figure for figure in declared}
        self.values = {name: [] for name in self.declared}
        self.skipped = {}

    def add(self, name, value):
        self.values[self.declared[name].name].append(float(value))

    def skip(self, scenario, reason):
        self.skipped[scenario] = reason

    def any(self):
        return bool(self.skipped) or any(self.values.values())

    def ratio(self, figure):
        """The median of the ratios of each run, which the load of the machine moves least."""
        pairs = zip(self.values[figure.name], self.values.get(figure.neighbour, []))
        ratios = [mine / other for mine, other in pairs if other]
        return statistics.median(ratios) if ratios else None

    def verdict(self, figure):
        """True, False, or None when nothing is asked or nothing was measured."""
        values, ratio = self.values[figure.name], self.ratio(figure)
        reached = []
        if values and figure.target is not None:
            reached.append(reaches(statistics.median(values), figure.target, figure.more_is_better))
        if ratio is not None and figure.ratio_target is not None:
            reached.append(reaches(ratio, figure.ratio_target, figure.more_is_better))
        return all(reached) if reached else None

    def table(self):
        rows = [("FIGURE", "MEDIAN", "MIN", "MAX", "UNIT", "TARGET", "RATIO", "TO", "")]
        for figure in self.declared.values():
            values = self.values[figure.name]
            if not values:
                continue
            ratio = self.ratio(figure)
            rows.append((
                figure.name, *(shown(value) for value in (statistics.median(values), min(values), max(values))),
                figure.unit, bound(figure.target, figure.more_is_better),
                "" if ratio is None else f"{ratio:.2f}" + (
                    f" ({bound(figure.ratio_target, figure.more_is_better)})" if figure.ratio_target else ""),
                "" if ratio is None else figure.neighbour,
                {True: "ok", False: "MISSED", None: ""}[self.verdict(figure)]))
        lines = [columns(rows, right=(1, 2, 3, 5))]
        lines += [f"skipped: {scenario}: {reason}" for scenario, reason in self.skipped.items()]
        return "\n".join(lines)

    def write(self, path, machine):
        with open(path, "w") as file:
            json.dump({"machine": machine, "figures": {
                name: {"unit": self.declared[name].unit, "more_is_better": self.declared[name].more_is_better,
                       "values": values}
                for name, values in self.values.items() if values}, "skipped": self.skipped}, file, indent=1)
            file.write("\n")


def compare(before, after):
    """A table of two files of figures; a change within the spread of the runs is not called one."""
    with open(before) as file:
        old = json.load(file)["figures"]
    with open(after) as file:
        new = json.load(file)["figures"]
    rows = [("FIGURE", "BEFORE", "AFTER", "UNIT", "CHANGE", "")]
    for name, figure in new.items():
        if name not in old:
            rows.append((name, "", shown(statistics.median(figure["values"])), figure["unit"], "", "new"))
            continue
        first, second = old[name]["values"], figure["values"]
        a, b = statistics.median(first), statistics.median(second)
        apart = max(first) < min(second) or max(second) < min(first)
        better = (b > a) == figure["more_is_better"]
        rows.append((
            name, shown(a), shown(b), figure["unit"], f"{(b / a - 1) * 100:+.1f} %" if a else "",
            ("better" if better else "worse") if apart and a != b else ""))
    rows += [(name, shown(statistics.median(old[name]["values"])), "", old[name]["unit"], "", "gone")
             for name in old if name not in new]
    return columns(rows, right=(1, 2, 4))


def reaches(value, target, more_is_better):
    return value >= target if more_is_better else value <= target


def bound(target, more_is_better):
    return "" if target is None else ("≥ " if more_is_better else "≤ ") + shown(target)


def shown(value):
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.1f}" if abs(value) >= 100 else f"{value:,.2f}" if abs(value) >= 0.1 or value == 0 else f"{value:.4f}"


def columns(rows, right):
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return "\n".join("  ".join(
        cell.rjust(width) if index in right else cell.ljust(width)
        for index, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in rows)
