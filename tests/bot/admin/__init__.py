"""The staff site, through its own door."""
