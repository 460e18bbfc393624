"""Texts in nearly the same words put together, fast enough for thousands of them. Pure."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache

from bot.unanswered.word_lists import any_of, listed

# of the pieces of two texts (Jaccard): short questions share fewer than answers do
ALIKE = 0.5
LONGEST = 40  # letters that are compared: further on everybody tells a story of their own
# so many of the rarest pieces lead from a text to others
RAREST = 12
# whoever floods us with gibberish must not hold up the page: past it only equal texts are grouped
COMPARED_AT_MOST = 60_000
_SIGNS = re.compile(r"[\W_]")
_NUMBERS = re.compile(r"\d+")


def alike(texts: Sequence[str]) -> list[int]:
    """For each text the place of the one that leads its group.

    The shorter leads. A text joins the likest leader; it is compared with leaders only, so that no
    chain of small differences puts together what has nothing in common.
    """
    pieces = [_pieces(text) for text in texts]
    rarity = Counter(piece for own in pieces for piece in own)
    lead = [0] * len(texts)
    same: dict[frozenset[str], int] = {}
    holding: dict[str, list[int]] = {}
    left = COMPARED_AT_MOST
    order = sorted(range(len(texts)), key=lambda at: (len(pieces[at]), len(texts[at]), texts[at]))
    for at in order:
        own = pieces[at]
        if own in same:
            lead[at] = same[own]
            continue
        # two sets that share enough share one of their rarest pieces: only those are looked up
        rarest = sorted(own, key=lambda piece: (rarity[piece], piece))
        rarest = rarest[: min(RAREST, len(own) - math.ceil(ALIKE * len(own)) + 1)]
        near: set[int] = set()
        if left > 0:
            near.update(*(holding.get(piece, ()) for piece in rarest))
            left -= len(near)
        likeness, leader = max(
            ((_likeness(own, pieces[leader]), -leader) for leader in near), default=(0.0, 0)
        )
        if likeness >= ALIKE:
            lead[at] = -leader
        else:
            lead[at] = at
            for piece in rarest:
                holding.setdefault(piece, []).append(at)
        same[own] = lead[at]
    return lead


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    both = len(one & other)
    return both / (len(one) + len(other) - both)


def _pieces(text: str) -> frozenset[str]:
    """Pieces of two letters of what is asked: no polite words, and a sum is a sum."""
    plain = _NUMBERS.sub("0", _SIGNS.sub("", text))
    plain = (_polite().sub("", plain) or plain)[:LONGEST]
    return frozenset(plain[at : at + 2] for at in range(max(1, len(plain) - 1)))


@cache
def _polite() -> re.Pattern[str]:
    return re.compile(any_of(listed("polite")))
