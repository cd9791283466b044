"""Scenarios of tools/bench: one module each, listed in `command.SCENARIOS`."""
