"""Time limits: the day that a resident says, the day by which something has to be done."""
