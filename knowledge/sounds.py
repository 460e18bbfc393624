"""Names written as they sound or look: 小蓝镇, 坦州, 大冲, 五挂山 for 小榄镇, 坦洲, 大涌, 五桂山.

Compared are syllables without tones, with the sounds that Cantonese, Hakka and northern Jiangsu
speakers mix folded together, and for longer names a letter more, less or other. Nothing is matched
inside a sentence for its sound alone: the words around it must say that a place is meant.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product

import yaml
from pypinyin.constants import PINYIN_DICT
from rapidfuzz import process
from rapidfuzz.distance import OSA

from knowledge.content_files import DATA

LONGEST_NAME = 9
# a stem this long is still told apart from others with one letter wrong; with the ending of a
# town, of which a city has few, a shorter one is
LONG_ENOUGH, SHORTEST_STEM = 3, 2
TOWN_SIZED = frozenset({"镇", "街道", "乡", "县"})
ENDINGS = ("村民委员会", "居民委员会", "街道办事处", "村委会", "居委会", "街道办", "镇政府", "街道",
           "社区", "镇", "乡", "县", "市", "区", "村")  # fmt: skip
# letters that are read otherwise in names of places than in words
_IN_NAMES = {"涌": "chong", "堡": "pu", "圩": "xu", "埔": "bu", "厦": "sha", "陂": "pi"}
_TONES = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ", "aaaaeeeeiiiioooouuuuvvvvnnnm")
# sounds that are mixed: zh/z, ch/c, sh/s, n/l, f/h before u, -ng/-n, 黄/王, r/l
_INITIALS = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("r", "l"), ("hu", "w"), ("f", "w"))
_FINALS = (("ang", "an"), ("eng", "en"), ("ing", "in"), ("iong", "ong"))


@lru_cache(maxsize=8192)
def syllable(letter: str) -> str:
    """The folded syllable of a Chinese character as it is usually read; other letters stay."""
    marked = PINYIN_DICT.get(ord(letter))
    if marked is None:
        return letter
    return _fold(marked.partition(",")[0].translate(_TONES).replace("ü", "v"))


def _fold(sound: str) -> str:
    for initial, folded in _INITIALS:
        if sound.startswith(initial):
            sound = folded + sound.removeprefix(initial)
            break
    if sound.startswith("wu") and len(sound) > 2:
        sound = "w" + sound[2:]
    for final, folded in _FINALS:
        if sound.endswith(final):
            return sound.removesuffix(final) + folded
    return sound


def key(written: str) -> str:
    """How written letters usually sound."""
    return "'".join(map(syllable, written))


def keys(name: str) -> tuple[str, ...]:
    """The ways a name can sound: 大涌 as da'yong and as da'chong."""
    ways = product(
        *(
            {syllable(letter), _fold(_IN_NAMES[letter])}
            if letter in _IN_NAMES
            else {syllable(letter)}
            for letter in name
        )
    )
    return tuple("'".join(way) for way in ways)


@dataclass(frozen=True)
class Sounds:
    """The names of one city by sound and by letters."""

    by_sound: dict[str, tuple[str, ...]]
    by_shape: dict[str, tuple[str, ...]]
    by_ending: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, names: tuple[str, ...]) -> Sounds:
        by_sound: dict[str, list[str]] = {}
        by_shape: dict[str, list[str]] = {}
        by_ending: dict[str, list[str]] = {}
        for name in names:
            by_shape.setdefault(shape(name), []).append(name)
            for sound in keys(name) if len(name) <= LONGEST_NAME else ():
                by_sound.setdefault(sound, []).append(name)
            stem, ending = split(name)
            if len(stem) >= SHORTEST_STEM:
                by_ending.setdefault(ending, []).append(name)
        return cls(_frozen(by_sound), _frozen(by_shape), _frozen(by_ending))

    def alike(self, written: str) -> tuple[str, ...]:
        """The names that sound like what was written."""
        return self.by_sound.get(key(written), ())

    def shaped(self, written: str) -> tuple[str, ...]:
        """The names that look like what was written, letter by letter."""
        return self.by_shape.get(shape(written), ())

    def near(self, written: str) -> tuple[str, ...]:
        """The names with the same ending that differ in one letter from what was written.

        Without an ending, or with a village's, only names long enough to bear a slip.
        """
        stem, ending = split(written)
        least = SHORTEST_STEM if ending in TOWN_SIZED else LONG_ENOUGH
        if len(stem) < least:
            return ()
        names = self.by_ending.get(ending, ())
        found = process.extract(written, names, scorer=OSA.distance, score_cutoff=1, limit=9)
        slips = [name for name, distance, _ in found if distance and len(split(name)[0]) >= least]
        turned = [name for name in slips if sorted(name) == sorted(written)]
        return tuple(turned or slips)


def split(name: str) -> tuple[str, str]:
    """小榄镇 → 小榄, 镇: the longest ending that leaves something before it."""
    for ending in ENDINGS:
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending), ending
    return name, ""


def shape(name: str) -> str:
    """The name with each letter that is easily mistaken replaced by the first of its group."""
    return name.translate(_shapes())


@cache
def _shapes() -> dict[int, str]:
    groups = yaml.safe_load((DATA / "look_alike_letters.yml").read_text(encoding="utf-8"))
    return {ord(letter): group[0] for group in groups for letter in group}


def close_enough(written: str, name: str) -> bool:
    """A name of the same sound also shares a letter besides its ending; or, with an ending, it
    sounds just the same without any folding (市郊 is not 石角, but 大宠镇 would be 大崇镇)."""
    stem, ending = split(written)
    if any(one == other for one, other in zip(stem, split(name)[0], strict=False)):
        return True
    return bool(ending) and same_sound(stem, split(name)[0])


def same_sound(stem: str, other: str) -> bool:
    """Syllable by syllable the same but for the tones, at least as far as the first goes."""
    plain = [PINYIN_DICT.get(ord(letter), letter).partition(",")[0] for letter in stem + other]
    toneless = [sound.translate(_TONES) for sound in plain]
    return toneless[: len(stem)] == toneless[len(stem) : 2 * len(stem)]


def _frozen(found: dict[str, list[str]]) -> dict[str, tuple[str, ...]]:
    return {key: tuple(names) for key, names in found.items()}
