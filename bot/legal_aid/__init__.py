"""What staff do about legal aid from the command line: the city's figures."""
