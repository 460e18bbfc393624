"""One normal form for everything a resident types, before it is compared with names."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from opencc import OpenCC

_HAN = r"[\u3400-\u9fff\U00020000-\U0003ffff]"
_SPACE_BETWEEN_HAN = re.compile(rf"(?<={_HAN})\s+(?={_HAN})")


@cache
def _simplifier() -> OpenCC:
    return OpenCC("t2s")


def storable(text: str) -> str:
    """What every database can keep: no NUL, no half of a character."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def normalise(text: str) -> str:
    """NFKC, Traditional → Simplified, lower case, no blanks inside Chinese words."""
    plain = unicodedata.normalize("NFKC", text)
    plain = str(_simplifier().convert(plain))
    return _SPACE_BETWEEN_HAN.sub("", plain).lower().strip()
