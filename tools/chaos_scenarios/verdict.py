"""What a scenario found."""


class Verdict:
    def __init__(self):
        self.rows = []
        self.wrong = []

    def say(self, name, value):
        self.rows.append((name, value))

    def demand(self, name, value, wanted=0):
        """A row that must have one value."""
        self.rows.append((name, value))
        if value != wanted:
            self.wrong.append(name)

    def tell(self):
        """Prints the table; gives the exit code."""
        width = max(len(name) for name, _ in self.rows) + 2
        for name, value in self.rows:
            print(f"{name:<{width}}{value:>10,}{'  WRONG' if name in self.wrong else ''}")
        return 1 if self.wrong else 0
