"""How many people the household has.

Residents say a total (四口人), list who lives with them (我和老婆孩子), or both; the list counts
only when the speaker is in it, and a total that contradicts its list is no answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from knowledge.eligibility.hearing.answers import Unsure, hear_unsure
from knowledge.eligibility.hearing.numerals import numerals
from knowledge.eligibility.hearing.tokens import SPARE, Token, is_answer, numbers, plain, scan
from knowledge.eligibility.hearing.words import vocabulary

_WITHOUT_MEANING = ("filler", "approximate", "unsure", "unknown")


def hear_count(text: str) -> int | Unsure | None:
    """A number of people: said outright, or the sum of those who are listed."""
    unsure = hear_unsure(text)
    if unsure:
        return unsure
    tokens = scan(plain(text), "count", numerals(guarded=False))
    # a list of people without a number is easily a story about them: nothing may be left over
    if not is_answer(tokens, spare=SPARE if numbers(tokens) else 0):
        return None
    if any(token.kind == "vague" or token.low != token.high for token in tokens):
        return Unsure.unsure
    people = _People()
    people.count([token for token in tokens if token.kind not in _WITHOUT_MEANING])
    return people.result()


class _People:
    """Adds up who is named, beside the totals that are said outright."""

    def __init__(self) -> None:
        self.totals: list[int] = []
        self.listed = 0  # everybody named, without 我
        self.added = 0  # of these, named after “加” that follows a total
        self.me = False
        self.only_me = False  # 我自己: enough for an answer, 我 alone is not
        self.complete = False  # the list holds the speaker: 我, 两口子, 两个大人
        self.alone = False
        self.besides = False
        self.fraction = False
        self.several = False  # children, nobody said how many

    def count(self, tokens: Sequence[Token]) -> None:
        """Read the tokens that mean something, in order."""
        values = vocabulary("count").values
        plus = False
        after_total = False
        at = 0
        if tokens and tokens[0].kind == "with":
            self.complete = self.me = True  # 和老婆孩子: the speaker goes without saying
        while at < len(tokens):
            token = tokens[at]
            kind = token.kind
            at += 1
            if kind in ("number", "value"):
                number = token.low if kind == "number" else values["value", token.text]
                self.fraction |= number != int(number)
                whom = at + (self._kind(tokens, at) == "measure")
                after_total = False
                if self._kind(tokens, whom) in ("person", "adult", "several"):
                    self.complete |= self._kind(tokens, whom) == "adult"
                    self._add(int(number), plus)
                    at = whom + 1
                else:
                    self.totals.append(int(number))
                    after_total = True
                    at = whom
            elif kind in ("couple", "group"):
                self.complete |= kind == "couple"
                self._add(values[kind, token.text], plus)
            elif kind in ("person", "adult"):
                self._add(1, plus)
            elif kind == "several":
                self.several = True
            elif kind == "plus":
                plus = plus or after_total
            elif kind in ("me", "self"):
                self.complete = self.me = True
                self.only_me |= kind == "self"
            elif kind == "alone":
                self.alone = True
            elif kind == "besides":
                self.besides = True
            # only a pause or 口人 may stand between a total and its 加
            after_total = after_total and kind in ("number", "value", "member", "pause")

    def _add(self, number: int, plus: bool) -> None:
        self.listed += number
        self.added += number if plus else 0

    @staticmethod
    def _kind(tokens: Sequence[Token], at: int) -> str:
        return tokens[at].kind if at < len(tokens) else ""

    def result(self) -> int | Unsure | None:
        """None when nobody was counted, or what was said does not agree."""
        listed = self.listed + self.me
        if self.fraction or len(set(self.totals)) > 1:
            return None
        if not self.totals:
            if self.several:
                return Unsure.unsure
            if self.listed and self.complete:
                return listed
            return 1 if (self.alone or self.only_me) and not self.listed else None
        total = self.totals[0]
        if self.besides:
            return total + 1
        if self.added:
            return total + self.added
        return None if listed > max(total, 1) else total
