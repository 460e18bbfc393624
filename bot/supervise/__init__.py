"""/supervise: what a supervisor sees and decides: the live board, duty, follow-ups, reports."""
