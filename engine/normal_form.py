"""One normal form for text before it is cut and compared.

The app has a twin of this in knowledge/text.py: the two runtimes share no code, on purpose.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from opencc import OpenCC


@lru_cache(maxsize=1)
def _simplifier() -> OpenCC:
    return OpenCC("t2s")


def normal_form(text: str) -> str:
    """NFKC, Traditional → Simplified, lower case, no blanks; shorter or equal in most texts."""
    plain = unicodedata.normalize("NFKC", text)
    plain = _simplifier().convert(plain)
    return "".join(plain.split()).lower()
