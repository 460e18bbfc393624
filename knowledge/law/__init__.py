"""The law's text, as it stands on a day: read from the installed package, dates corrected by us."""
