"""Whether a message asks for the text of an article, and of which."""

from __future__ import annotations

import re
from functools import cache

from knowledge.content_files import read_yaml
from knowledge.law.library import FILE, laws
from knowledge.law.links import Named, articles_named
from knowledge.law.numerals import NUMBER
from knowledge.text import normalise


def asked_for(text: str) -> list[Named]:
    """The articles a message asks for; empty when it names none or tells of something else too."""
    plain = normalise(text)
    named = articles_named(plain)
    return named if named and _nothing_else(_without(plain, named)) else []


def replaced_law(text: str) -> str | None:
    """The name of a law that is no longer in force, when its text is asked for by number."""
    plain = normalise(text)
    found = _replaced().search(plain)
    if not found:
        return None
    return found["law"] if _nothing_else(plain.replace(found[0], "")) else None


def _without(text: str, named: list[Named]) -> str:
    for one in reversed(named):
        text = text[: one.start] + text[one.end :]
    return text


def _nothing_else(rest: str) -> bool:
    return not re.sub(r"[\W_]", "", _asking().sub("", rest))


@cache
def _asking() -> re.Pattern[str]:
    spoken = sorted(read_yaml(FILE)["asking"], key=len, reverse=True)
    return re.compile("|".join(map(re.escape, spoken)))


@cache
def _replaced() -> re.Pattern[str]:
    names = "|".join(map(re.escape, laws().replaced))
    return re.compile(rf"《?(?:中华人民共和国)?(?P<law>{names})》?的?\s*{NUMBER}")
