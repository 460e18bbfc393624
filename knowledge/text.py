"""One normal form for everything a resident types, before it is compared with names."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from opencc import OpenCC

_HAN = r"[\u3400-\u9fff\U00020000-\U0003ffff]"
_SPACE_BETWEEN_HAN = re.compile(rf"(?<={_HAN})\s+(?={_HAN})")

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Mn", "Zs", "Zl", "Zp"})


@cache
def _simplifier() -> OpenCC:
    return OpenCC("t2s")


def storable(text: str) -> str:
    """What every database can keep: no NUL, no half of a character."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def visible(text: str) -> bool:
    """Whether anything of it can be seen: blanks, controls and zero-width signs are nothing."""
    return any(unicodedata.category(letter) not in _UNSEEN for letter in text)


def normalise(text: str) -> str:
    """NFKC, Traditional → Simplified, lower case, no blanks inside Chinese words."""
    plain = unicodedata.normalize("NFKC", text)
    plain = str(_simplifier().convert(plain))
    return _SPACE_BETWEEN_HAN.sub("", plain).lower().strip()
