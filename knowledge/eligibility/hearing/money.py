"""Income and spending: an amount in yuan, the time it is for, and whose it is.

People answer with their month, their day's pay or the family's year, and list one earner after
the other; the amount stays as it was said (only a quarter's and several months' come down to
one month), and the interview brings it to one month and head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise, takewhile

from knowledge.eligibility.hearing.answers import Unsure, hear_unsure
from knowledge.eligibility.hearing.numerals import numerals
from knowledge.eligibility.hearing.tokens import (
    END,
    SPARE,
    Token,
    holds_phone,
    is_answer,
    plain,
    scan,
)

TOO_MUCH = 1e9  # yuan: digits so many are a telephone's


class Period(StrEnum):
    """The time an amount is for; half_year is six months."""

    month = "month"
    year = "year"
    half_year = "half_year"
    week = "week"
    day = "day"
    hour = "hour"


@dataclass(frozen=True)
class Money:
    """An amount in yuan; a range is read as its middle.

    per_head is True for 人均, False for what several people have together or one of them alone
    (老公一个人6000), None when not said.
    """

    amount: float
    period: Period | None
    per_head: bool | None


def hear_money(text: str) -> Money | Unsure | None:
    """An amount with its period and whose it is; 没收入 is 0. Each person's own are added up."""
    unsure = hear_unsure(text)
    if unsure:
        return unsure
    how = numerals(guarded=True)
    pattern, middle = how.teens
    tokens = scan(pattern.sub(middle, plain(text)), "money", how)
    if not is_answer(tokens, spare=SPARE):
        return None
    kinds = {token.kind for token in tokens}
    amounts, whose = _amounts(tokens)
    if not amounts:
        return Unsure.unsure if "vague" in kinds else None
    if holds_phone(text) and not kinds & {"currency", *Period}:
        return None
    if "vague" in kinds or ("nothing" in kinds and (len(amounts) > 1 or amounts[0] != 0)):
        return None
    said, period, months = _period(tokens)
    if not said:
        return None
    per_head = _per_head(tokens)
    amount = sum(amounts)
    if amount >= TOO_MUCH:
        return None
    if len(amounts) > 1:
        # two amounts of one person (今年、去年) are no sum
        named = "" not in whose and len(set(whose)) == len(whose)
        if per_head or not (named or (not any(whose) and _joined(tokens))):
            return None
        per_head = False
    elif _each_of_several(tokens):
        return None
    elif per_head and "pair" in kinds:
        amount, per_head = amount * 2, False  # 我们俩每人两千
    return Money(round(amount / months, 2), period, per_head)


def _amounts(tokens: Sequence[Token]) -> tuple[list[float], list[str]]:
    """The amounts in yuan, and the person named before each ("" when none)."""
    amounts: list[float] = []
    whose: list[str] = []
    person = ""
    for token, after in pairwise((*tokens, END)):
        if token.kind in ("person", "alone"):
            person = token.text
        elif token.kind == "zero" or (token.kind == "number" and after.kind != "months"):
            amounts.append(token.middle)
            whose.append(person)
            person = ""
    kinds = {token.kind for token in tokens}
    if kinds & {"zero", "nothing"} and "unknown" in kinds:
        return [], []  # 没有 with a word that is not known can deny anything
    if not amounts and "nothing" in kinds and not kinds & {"person", "currency", "vague"}:
        return [0.0], [""]
    return amounts, whose


def _joined(tokens: Sequence[Token]) -> bool:
    """Whether 和 and nothing else stands between the amounts: 3000和2000."""
    kinds = [
        token.kind for token in tokens if token.kind not in ("approximate", "currency", "pause")
    ]
    amounts = [at for at, kind in enumerate(kinds) if kind == "number"]
    return bool(amounts) and all(
        after - at == 2 and kinds[at + 1] == "plus" for at, after in pairwise(amounts)
    )


def _each_of_several(tokens: Sequence[Token]) -> bool:
    """我和老公一个人三千: what each of those has who are named, not all, not one."""
    before = list(takewhile(lambda token: token.kind not in ("alone", "one_person"), tokens))
    if len(before) == len(tokens):
        return False
    named = [token.text for token in before if token.kind == "person"]
    joined = any(token.kind == "plus" for token in before)
    return (joined and bool(named)) or len([name for name in named if name != "我"]) > 1


def _period(tokens: Sequence[Token]) -> tuple[bool, Period | None, float]:
    """(whether it makes sense, the period, what to divide the amount by)."""
    found: set[Period] = set()
    months: list[float] = []
    for token, after in pairwise((*tokens, END)):
        if token.kind in Period.__members__:
            found.add(Period[token.kind])
        elif token.kind == "quarter":
            months.append(3)
        elif token.kind == "number" and after.kind == "months":
            months.append(token.middle)
    if len(months) > 1 or any(number <= 0 for number in months):
        return False, None, 1
    if found == {Period.half_year, Period.month}:  # 这半年平均每个月
        return not months, Period.month, 1
    if not months:
        return len(found) <= 1, next(iter(found), None), 1
    if found == {Period.month}:  # 这三个月平均每个月
        return True, Period.month, 1
    return not found, Period.month, months[0]  # comes down to one month


def _per_head(tokens: Sequence[Token]) -> bool | None:
    """As in Money."""
    kinds = [token.kind for token in tokens]
    if "each" in kinds:
        return True
    if "alone" in kinds or ("one_person" in kinds and "person" in kinds):
        return False  # one earner, and named
    # 一个人两千 is each person's, 一个人打工两千 is not
    near = [
        token.kind
        for token in tokens
        if token.kind not in Period.__members__
        and token.kind not in ("approximate", "currency", "pause")
    ]
    beside = {("one_person", "number"), ("number", "one_person")}
    if ("unknown", "one_person") in pairwise(near):
        return False  # 他一个人两千
    if any(pair in beside for pair in pairwise(near)):
        return True
    return False if "whole" in kinds or "pair" in kinds else None
