"""Measurements: speed as a ratio, understanding with intervals. Never asserted in `make test`."""
