"""Where a citation leads: the law's own page, found in the words of a source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from urllib.parse import quote

from knowledge.law.library import laws
from knowledge.law.numerals import NUMBER, article_number


@dataclass(frozen=True)
class Part:
    """A piece of a source: its words, and the page of the article that they name."""

    text: str
    url: str | None


@dataclass(frozen=True)
class Named:
    """An article that a text names, and where it stands in the text."""

    law: str
    number: str
    start: int
    end: int


def law_url(law: str, number: str | None = None) -> str:
    """The page of a law, or of one of its articles."""
    return f"/law/{quote(law)}" + (f"/{quote(number)}" if number else "")


@lru_cache(maxsize=4096)
def linked(source: str) -> tuple[Part, ...]:
    """A source cut into pieces, those that name an article with its page."""
    parts: list[Part] = []
    at = 0
    for named in articles_named(source):
        if named.start > at:
            parts.append(Part(source[at : named.start], None))
        parts.append(Part(source[named.start : named.end], law_url(named.law, named.number)))
        at = named.end
    return (*parts, Part(source[at:], None)) if at < len(source) else tuple(parts)


def cited_shape(source: str | None) -> list[dict[str, str | None]]:
    """The same for an answer or a card: text and url of each piece."""
    return [{"text": part.text, "url": part.url} for part in linked(source or "")]


def articles_named(text: str) -> list[Named]:
    """Every 《law》第…条 of a text; the law of the last name goes on for bare numbers after 、."""
    found: list[Named] = []
    spoken = laws().spoken
    for match in _pattern().finditer(text):
        name, number = match.group("law"), article_number(match.group("number"))
        law = spoken[name] if name else None
        if law is None and found and text[found[-1].end : match.start()] in ("、", "和", "，"):
            law = found[-1].law
        if law and number:
            found.append(Named(law, number, match.start(), match.end()))
    return found


@cache
def _pattern() -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, laws().spoken), key=len, reverse=True))
    return re.compile(
        rf"(?:《?(?:中华人民共和国)?(?P<law>{names})》?(?:的|里|中)?\s*)?(?P<number>{NUMBER})"
    )
