"""Numbers of 话务工单: for people to read out, write down and type with two fingers.

Twelve digits in three groups of four: year and month, seven at random (a number tells nothing of
how many there are, and cannot be guessed from another), one check digit (Verhoeff: any one wrong
digit and any two neighbours changed places are found).
"""

from __future__ import annotations

import re
import secrets
from datetime import datetime

from stdnum import verhoeff

from knowledge.text import normalise

LENGTH = 12
_RANDOM = LENGTH - 5
_NUMBER = re.compile(r"(?<!\d)\d(?:[ \-]?\d){11}(?!\d)")


def new_number(now: datetime) -> str:
    """A number of this month: 12 digits."""
    body = f"{now:%y%m}{secrets.randbelow(10**_RANDOM):0{_RANDOM}}"
    return body + str(verhoeff.calc_check_digit(body))


def is_number(digits: str) -> bool:
    """Whether these are 12 digits with the right check digit."""
    return len(digits) == LENGTH and digits.isdigit() and bool(verhoeff.is_valid(digits))


def shown(number: str) -> str:
    """As people read it: 2611 0382 9174."""
    return " ".join(number[start : start + 4] for start in range(0, LENGTH, 4))


def find_number(text: str) -> str | None:
    """The first twelve digits of a text, blanks and hyphens between them ignored.

    They need not be a right number: who wrote twelve digits meant one.
    """
    found = _NUMBER.search(normalise(text))
    return re.sub(r"\D", "", found[0]) if found else None
