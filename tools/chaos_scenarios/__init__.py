"""Scenarios of tools/chaos: one module each, listed in `command.SCENARIOS`."""
