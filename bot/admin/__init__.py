"""The staff's site /admin: what residents read is written, tried, published and taken back here."""
