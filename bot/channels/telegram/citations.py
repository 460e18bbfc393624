"""Where the articles that a message names lead, as Telegram takes links: beside a plain text."""

from __future__ import annotations

from collections.abc import Sequence

from telegram import MessageEntity

from bot.channels.telegram.splitting import units
from knowledge.law.links import Named, articles_linked, law_url

# letters of all addresses of one message together; one with too many would not be taken at all
LONGEST_ADDRESSES = 6000
Links = tuple[MessageEntity, ...]


def citations(texts: Sequence[str], site: str) -> list[Links]:
    """The links of each part of one message; none without a public address.

    The parts are read as one text: a law that is named at the end of one holds for the next.
    """
    if not site:
        return [()] * len(texts)
    named = articles_linked("".join(texts))
    links = []
    begin = 0
    for text in texts:
        links.append(_within(text, begin, named, site))
        begin += len(text)
    return links


def _within(text: str, begin: int, named: Sequence[Named], site: str) -> Links:
    """The links of what of `named` stands in the part that begins there."""
    found = []
    room = LONGEST_ADDRESSES
    for one in named:
        start, end = max(one.start - begin, 0), min(one.end - begin, len(text))
        address = site + law_url(one.law, one.number)
        if start >= end or len(address) > room:
            continue
        room -= len(address)
        found.append(
            MessageEntity(
                MessageEntity.TEXT_LINK, units(text[:start]), units(text[start:end]), url=address
            )
        )
    return tuple(found)
