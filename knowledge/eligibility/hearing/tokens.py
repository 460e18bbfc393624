"""From a message to tokens, and whether they are an answer at all.

A message is cut without blanks between its words, so at each position the longest known word
or number wins. What stays unknown is kept: it decides whether a reader may trust the rest.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from knowledge.eligibility.hearing.numerals import Numerals, number_at, written_one_way
from knowledge.eligibility.hearing.words import content, either, vocabulary
from knowledge.text import normalise

LONGEST = 60  # characters; nobody needs more to say a number, a yes or the name of an option
SPARE = 1  # unknown character that an answer may carry: a dialect's particle, a slip of the hand
_PHONE = re.compile(
    r"(?<![0-9.,])(?:0[0-9]{2,3}[- ]?[0-9]{7,8}|1[0-9]{2}[- ]?[0-9]{4}[- ]?[0-9]{4}|[0-9]{7,8})"
    r"(?![0-9]|[.,][0-9])"
)
_NEW = ("asks", "danger", "matters")  # kinds of words that begin a new matter


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a message. kind: a group of the vocabulary, number, pause or unknown.

    low and high are the number's ends, equal unless a range was said.
    """

    kind: str
    text: str
    low: float = 0.0
    high: float = 0.0

    @property
    def middle(self) -> float:
        """What a range is read as, to the hundredth."""
        return round((self.low + self.high) / 2, 2)


END = Token("pause", "")  # stands behind the last token where pairs are looked at


def plain(text: str) -> str:
    """The normal form with numbers written in one way; "" for what can be no answer.

    That is what is too long, and a number to call that stands alone: 110, 12348, 13800138000.
    """
    normal = normalise(text)
    if len(normal) > LONGEST or _only_called().fullmatch(normal):
        return ""
    return written_one_way(normal)


def holds_phone(text: str) -> bool:
    """Whether digits in it are written as those of a telephone: 020-12345678, never 1,500,000."""
    return _PHONE.search(normalise(text)) is not None


@cache
def _only_called() -> re.Pattern[str]:
    called = rf"(?:{either(content()['numerals']['services'])}|{_PHONE.pattern})"
    pause = r"[^\w¥~\-—–]"  # ¥110 is an amount, 110-120 a range
    return re.compile(rf"{pause}*{called}(?:{pause}+{called})*{pause}*")


def squeeze(text: str) -> str:
    """The plain form without pauses: how the name of an option is compared."""
    return "".join(sign for sign in plain(text) if not is_pause(sign))


def strip(text: str) -> str:
    """Without punctuation at the ends, but with a minus or a yuan sign of the answer."""
    start, end = 0, len(text)
    while start < end and is_pause(text[start]) and text[start] not in "-¥":
        start += 1
    while end > start and is_pause(text[end - 1]):
        end -= 1
    return text[start:end]


def is_pause(sign: str) -> bool:
    """Punctuation, a blank, an emoji: says nothing, but keeps words apart."""
    return unicodedata.category(sign)[0] in "PSZMC"


def scan(text: str, reader: str, how: Numerals | None) -> tuple[Token, ...]:
    """Cut a plain message with a reader's words; without `how` no numbers are looked for."""
    words = vocabulary(reader)
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        number = number_at(text, at, how) if how else None
        word = words.pattern.match(text, at)
        if number and (not word or len(number.text) > len(word[0])):
            tokens.append(Token("number", number.text, number.low, number.high))
        elif word:
            tokens.append(Token(words.kinds[word[0]], word[0]))
        else:
            tokens.append(Token("pause" if is_pause(text[at]) else "unknown", text[at]))
        at += len(tokens[-1].text)
    return tuple(tokens)


def is_answer(tokens: Sequence[Token], spare: int) -> bool:
    """Whether the known words carry the message: at most `spare` unknown characters."""
    for token, after in pairwise(tokens):
        if token.kind == "number" and after.kind == "unknown":
            return False  # 3把, 4岁: a unit that no answer has
    if any(token.low != token.low for token in tokens) or left_over(tokens) > spare:
        return False
    return not any(
        token.kind in _NEW or (token.kind == "unknown" and token.text.isascii())  # K528
        for token in tokens
    )


def numbers(tokens: Sequence[Token]) -> list[Token]:
    """Those that are numbers, in order."""
    return [token for token in tokens if token.kind == "number"]


def left_over(tokens: Sequence[Token]) -> int:
    """How many characters nobody knows."""
    return sum(token.kind == "unknown" for token in tokens)
