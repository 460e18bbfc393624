"""User names: one spelling for each person, whatever the keyboard."""

from __future__ import annotations

import re
import unicodedata

_USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}", re.ASCII)


def username(typed: str) -> str | None:
    """`typed` without outer spaces, full width or capitals; None when it cannot be a user name."""
    folded = unicodedata.normalize("NFKC", typed).strip().lower()
    return folded if _USERNAME.fullmatch(folded) else None
