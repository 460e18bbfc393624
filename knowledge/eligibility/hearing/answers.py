"""Answers that need no arithmetic: 不清楚, 有 or 没有, one of the options, a home's area."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum

from knowledge.eligibility.hearing.numerals import numerals
from knowledge.eligibility.hearing.tokens import SPARE, is_answer, numbers, plain, scan, squeeze
from knowledge.eligibility.hearing.words import content


class Unsure(Enum):
    """The resident does not know, or would rather not say."""

    unsure = "unsure"


def hear_unsure(text: str) -> Unsure | None:
    """Unsure when the whole message says that and nothing else."""
    tokens = scan(plain(text), "unsure", None)
    kinds = {token.kind for token in tokens}
    return Unsure.unsure if "unsure" in kinds and is_answer(tokens, spare=0) else None


def hear_area(text: str) -> float | None:
    """Square metres; a range is read as its middle."""
    tokens = scan(plain(text), "area", numerals(guarded=False))
    said = numbers(tokens)
    # without 平 the number may count anything: 三只小猪
    measured = any(token.kind == "unit" for token in tokens)
    if len(said) != 1 or not is_answer(tokens, spare=SPARE if measured else 0):
        return None
    return said[0].middle


def hear_yes_no(
    text: str, about: Sequence[str] = (), agreeing: bool = True
) -> bool | Unsure | None:
    """有 or 没有. `about`: words of the question that may stand in the answer (固定收入).

    agreeing: whether 对 answers it too; not where something else stands to be agreed with.
    """
    unsure = hear_unsure(text)
    if unsure:
        return unsure
    rest = plain(text)
    for word in sorted(map(plain, about), key=len, reverse=True):
        rest = rest.replace(word, " ")
    tokens = scan(rest, "yes_no", None)
    if not is_answer(tokens, spare=0):  # 没命了 is not 没
        return None
    kinds = {token.kind for token in tokens}
    if "no" in kinds:
        return None if "yes" in kinds else False
    if kinds & {"yes", "done"}:
        return True
    return True if agreeing and "agree" in kinds else None


def hear_choice(
    text: str, options: Mapping[str, Sequence[str]], *, against: Sequence[str] = ()
) -> str | Unsure | None:
    """The option (value → ways of saying it) that is named; None when two different ones are.

    against: words that turn any option into something else (没批, 以前, 我妈): never an answer.
    """
    said = squeeze(text)
    if any(word and word in said for word in map(squeeze, against)):
        return None
    ways = {(squeeze(way), value) for value, its in options.items() for way in its} - {
        ("", value) for value in options
    }
    whole = {value for way, value in ways if way == said}
    if whole:
        return whole.pop() if len(whole) == 1 else None
    unsure = hear_unsure(text)
    if unsure:
        return unsure
    held = [(way, value) for way, value in ways if way in said]
    longest = max((len(way) for way, _ in held), default=0)
    best = {value for way, value in held if len(way) == longest}
    if len(best) != 1:
        return None
    value = best.pop()
    way = max(way for way, its in held if len(way) == longest and its == value)
    rest = said.replace(way, " ")
    if any(other != value and way in rest for way, other in held):
        return None
    return value if _is_only_choice(said, way, rest) else None


def _is_only_choice(said: str, way: str, rest: str) -> bool:
    """Whether what stands around the option's name adds nothing to it."""
    # 有没有 holds 没有, but asks
    new = content()["new"]
    if any(word in said and word not in way for word in (*new["asks"], *new["danger"])):
        return False
    tokens = scan(rest, "choice", None)
    if any(token.kind == "deny" for token in tokens):
        return False
    # 车 and another character is another word
    return is_answer(tokens, spare=min(SPARE, len(way) - 1))
