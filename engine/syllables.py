"""How a text sounds: what is typed by ear (公资, gongzi) shares its sounds with what was meant.

Sounds of a text are its runs of one or two toneless syllables, one reading a character, and for
each word of two to four characters its first letters (=gz). A word in Latin letters is read as the
pinyin that it may be: gongzi, fyuan, gz.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import Dict, FrozenSet, List, Sequence, Text, Tuple
from unicodedata import normalize

# the table of single characters is enough: that of phrases is another 40 MB
os.environ.setdefault("PYPINYIN_NO_PHRASES", "1")
from pypinyin.constants import PINYIN_DICT

LONGEST_RUN = 2
LONGEST_SYLLABLE = 6
LONGEST_WORD = 24  # of what is longer nothing is heard, and nothing remembered
VOWELS = "aeo"
INITIALS = "="
FEWEST_INITIALS, MOST_INITIALS = 2, 4
_TONES = dict.fromkeys(range(0x300, 0x370))


def sounds(tokens: Sequence[Text]) -> List[Text]:
    """The sounds of a text that was cut into words."""
    found: List[Text] = []
    run: List[Text] = []
    for token in tokens:
        parts, whole = _heard(token)
        if FEWEST_INITIALS <= len(parts) <= MOST_INITIALS:
            found.append(INITIALS + "".join(part[0] for part in parts))
        if whole:
            run.extend(parts)
        else:
            found.extend(_runs(run))
            run = []
    return found + _runs(run)


def _runs(syllables: List[Text]) -> List[Text]:
    return [
        "'".join(syllables[start : start + length])
        for length in range(1, LONGEST_RUN + 1)
        for start in range(len(syllables) - length + 1)
    ]


def _heard(token: Text) -> Tuple[Tuple[Text, ...], bool]:
    """Syllables or first letters of a word, and whether they are all syllables."""
    return _read(token) if len(token) <= LONGEST_WORD else ((), False)


@lru_cache(maxsize=32768)
def _read(token: Text) -> Tuple[Tuple[Text, ...], bool]:
    if token.isascii():
        spelt = _spelt(token) if token.isalpha() else ()
        return spelt, bool(spelt) and all(part in _syllables() for part in spelt)
    read = tuple(_table().get(letter, "") for letter in token)
    return (read, True) if all(read) else ((), False)


def _spelt(word: Text) -> Tuple[Text, ...]:
    """The fewest letters that stand alone, then the fewest syllables, then those that begin with
    a consonant: nong'min'gong, ke'neng, f'yuan.
    """
    ends: List[Tuple[Tuple[int, int, int], Tuple[Text, ...]]] = [((0, 0, 0), ())]
    for end in range(1, len(word) + 1):
        ways = []
        for start in range(max(0, end - LONGEST_SYLLABLE), end):
            part = word[start:end]
            if len(part) == 1 or part in _syllables():
                (alone, parts, vowels), before = ends[start]
                cost = (alone + (len(part) == 1), parts + 1, vowels + (part[0] in VOWELS))
                ways.append((cost, (*before, part)))
        ends.append(min(ways))
    return ends[-1][1]


@lru_cache(maxsize=1)
def _table() -> Dict[Text, Text]:
    return {chr(code): _toneless(marked) for code, marked in PINYIN_DICT.items()}


@lru_cache(maxsize=1)
def _syllables() -> FrozenSet[Text]:
    """Those that Latin letters may be: of two letters at least."""
    return frozenset(sound for sound in _table().values() if len(sound) > 1)


def _toneless(readings: Text) -> Text:
    first = normalize("NFD", readings.partition(",")[0])
    return first.replace("u\u0308", "v").translate(_TONES)
