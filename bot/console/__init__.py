"""/console: the operators' page, over the public API."""
