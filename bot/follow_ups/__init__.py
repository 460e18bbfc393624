"""不满意 and complaints: each has a deadline, a result, and a supervisor who closes it."""
