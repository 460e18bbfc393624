"""Signed exchange of tickets with a city's own 12345, 12348 and 110 systems; off by default."""
