"""What is said about the interview instead of answering: 为什么问这个, 算了, 说错了，是3000."""

from __future__ import annotations

import re
from enum import Enum
from functools import cache

from knowledge.eligibility.hearing.numerals import number_at, numerals
from knowledge.eligibility.hearing.tokens import (
    SPARE,
    is_answer,
    is_pause,
    left_over,
    plain,
    scan,
    strip,
)
from knowledge.eligibility.hearing.words import content, either

LONGEST_CORRECTION = 15  # characters of what is said instead
_PAUSES = r"[^\w\-¥]"  # inside a pattern; is_pause() is the full rule


class Aside(Enum):
    """What a resident says about the interview instead of answering."""

    why = "why"
    again = "again"
    stop = "stop"
    back = "back"
    resume = "resume"


def hear_aside(text: str) -> Aside | None:
    """A word about the interview, when the whole message is that."""
    tokens = scan(plain(text), "aside", None)
    kinds = {token.kind for token in tokens}
    asides = [aside for aside in Aside if aside.value in kinds]
    return asides[0] if len(asides) == 1 and is_answer(tokens, spare=0) else None


def hear_correction(text: str) -> str | None:
    """What the resident says instead (normalised); "" for 说错了 alone; None for anything else."""
    # normalise() closes the blank of “打错了 四口人”, which says where the new answer begins
    found = _correction().match(plain(re.sub(r"\s+", "|", text.strip())))
    if not found:
        return None
    rest = strip(found["rest"]).replace("|", " ")
    marks, linked = found["marks"], found["link"] is not None
    words = content()["correction"]
    strong = any(word in marks for word in words["strong"]) or bool(re.search(_slip(), marks))
    if not rest:
        return "" if strong and not linked else None
    apart = linked or is_pause(marks[-1])
    if not (apart or (strong and _begins_with_number(rest))) or len(rest) > LONGEST_CORRECTION:
        return None
    if any(word in rest for word in words["settled"]):
        return None
    tokens = scan(rest, "any", numerals(guarded=True))
    kinds = {token.kind for token in tokens}
    if kinds & {"asks", "danger"}:
        return None
    # 不对 may begin any sentence: after it only an answer counts
    if not strong and ("matters" in kinds or (not linked and left_over(tokens) > SPARE)):
        return None
    return rest


@cache
def _correction() -> re.Pattern[str]:
    """Groups: marks (不对，说错了，), link (应该是), rest."""
    words = {kind: either(said) for kind, said in content()["correction"].items()}
    mark = rf"(?:{words['strong']}|{_slip()}|{words['weak']}){words['particle']}*{_PAUSES}*"
    return re.compile(
        rf"(?:{words['lead']}|{_PAUSES})*+(?P<marks>(?:{mark})++)(?P<link>{words['link']})?"
        r"(?P<rest>.*)"
    )


@cache
def _slip() -> str:
    """少打了一个0, as a pattern."""
    words = content()["correction"]
    how, doing, count, zero = (
        either(words[kind]) for kind in ("slip", "slip_doing", "slip_count", "slip_zero")
    )
    return rf"{how}{doing}?{count}\|?{zero}(?![0-9])"


def _begins_with_number(text: str) -> bool:
    return number_at(text, 0, numerals(guarded=True)) is not None
