"""How old somebody is: 我62了, 刚满60, 六十多, 他才16."""

from __future__ import annotations

from itertools import pairwise

from knowledge.eligibility.hearing.answers import Unsure, hear_unsure
from knowledge.eligibility.hearing.numerals import numerals
from knowledge.eligibility.hearing.tokens import END, SPARE, is_answer, numbers, plain, scan

OLDEST = 120


def hear_age(text: str) -> int | Unsure | None:
    """Whole years, 1 to 120; 十几岁 and 十五六岁 leave open what the law asks: Unsure."""
    unsure = hear_unsure(text)
    if unsure:
        return unsure
    tokens = scan(plain(text), "age", numerals(guarded=False))
    kinds = {token.kind for token in tokens}
    if not is_answer(tokens, spare=SPARE if "unit" in kinds else 0):
        return None
    said = numbers(tokens)
    if "vague" in kinds:
        return Unsure.unsure
    if len(said) != 1:
        return None
    if said[0].low != said[0].high:
        return Unsure.unsure
    age = said[0].low
    beside = {(token.kind, after.kind) for token, after in pairwise((*tokens, END))}
    if ("number", "more") in beside and age % 10 == 0:
        age += 5
    if "under" in kinds:
        age -= 1
    return int(age) if age == int(age) and 1 <= age <= OLDEST else None
