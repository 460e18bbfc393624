"""Channels beside the web page: each in a process of its own, all through the one gateway."""
