"""From a resident's words to words in which nobody is recognised. Pure; when in doubt it masks.

What is left tells what the trouble is: amounts, dates, lengths of time, articles, towns.
"""

from __future__ import annotations

import re
import unicodedata

from bot.unanswered.addresses import without_addresses
from bot.unanswered.companies import without_companies
from bot.unanswered.numbers import without_contacts, without_numbers
from bot.unanswered.people import without_names
from bot.unanswered.word_lists import HAN
from knowledge.text import normalise, storable

LONGEST = 200
_LINES = re.compile(r"[\r\n\v\f\x85\u2028\u2029]+")
# a blank between two words is how many write a comma; between single letters it hides a name
_PAUSE = re.compile(rf"(?<=[{HAN}]{{2}})\s+(?=[{HAN}]{{2}})")
_KEYCAP = re.compile("[\ufe00-\ufe0f\u20e3]")
# the normal form has these half as wide as Chinese is written
_SIGN = re.compile(rf"(?<=[{HAN}])[,?!:;]|[,?!:;](?=[{HAN}])")
_WIDE = {",": "，", "?": "？", "!": "！", ":": "：", ";": "；"}


def masked(text: str) -> str:
    """The text in its normal form, without what tells of a person; at most LONGEST characters."""
    lines = _LINES.sub("。", storable(text).strip())
    plain = normalise(_digits_as_ours(_PAUSE.sub(",", lines)))
    for without in (
        without_contacts, without_addresses, without_companies, without_names, without_numbers,
    ):  # fmt: skip
        plain = without(plain)
    return _SIGN.sub(lambda sign: _WIDE[sign[0]], plain)[:LONGEST]


def _digits_as_ours(text: str) -> str:
    """Digits of any script as 0–9, and nothing invisible between them."""
    seen = _KEYCAP.sub("", text)
    return "".join(
        str(unicodedata.digit(sign)) if sign.isdecimal() else sign
        for sign in seen
        if unicodedata.category(sign) != "Cf"
    )
