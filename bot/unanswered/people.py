"""Names of people: 我叫…, 名字是…, 张先生, 李老板, 姓王, …欠我钱. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from bot.unanswered.word_lists import HAN, any_of, letters, listed, shown

# whatever follows these is a name; after the others only what begins with a surname
_SURELY = r"我叫|名叫|名字[是叫:]|姓名[是:]"
_CALLED = r"叫做|叫作|叫|名字|姓名|本人"


@dataclass(frozen=True)
class _Patterns:
    titled: re.Pattern[str]
    called: tuple[re.Pattern[str], ...]
    surname: re.Pattern[str]


def without_names(text: str) -> str:
    """Names that are told as names, and those of who owes, cheats, or is parted from."""
    patterns = _patterns()
    text = patterns.titled.sub(lambda found: shown("titled", title=found["title"]), text)
    for pattern in patterns.called:
        text = pattern.sub(lambda found: found["cue"] + shown("person"), text)
    return patterns.surname.sub(shown("surname"), text)


@cache
def _patterns() -> _Patterns:
    compound = any_of(listed("compound_surnames"))
    sure = rf"(?:{compound}|[{letters('surnames')}])"
    family = rf"(?:{compound}|[{letters('surnames')}{letters('doubtful_surnames')}])"
    ends = any_of(listed("ends_name"))
    # a given name goes on until a word that no name holds
    given = rf"(?:(?!{ends})[{HAN}])"
    no_word = f"(?!{any_of(listed('not_names'))})"
    no_name = rf"[\s,:]*(?![{letters('never_starts_name')}]){no_word}"
    alone = rf"[{HAN}]{{2,4}}(?![{HAN}])|[a-z]+(?:[ .][a-z]+)?"
    return _Patterns(
        titled=re.compile(
            rf"{no_word}(?:{family}{given}{{0,2}}(?={any_of(listed('titles'))})"
            rf"|(?<![{letters('not_before_surname')}]){sure}{given}{{0,2}}(?={any_of(listed('trades'))}))"
            rf"(?P<title>{any_of([*listed('titles'), *listed('trades')])})"
        ),
        called=(
            re.compile(rf"(?P<cue>{_SURELY}){no_name}(?:{family}{given}{{1,2}}|{alone})"),
            re.compile(rf"(?P<cue>{_CALLED}){no_name}{family}{given}{{1,2}}"),
            # 我是: a trade, or where somebody comes from, far more often than a name
            re.compile(
                rf"(?P<cue>[我他她]就?是|这是){no_name}{family}{given}{{1,2}}"
                rf"(?<![人员工生者户主师方])(?=[^{HAN}]|$|{ends})"
            ),
            # 老板陈建国欠我, 我想告张伟, 我是小榄镇的黄秀英
            re.compile(
                rf"(?P<cue>{any_of(listed('relations'))}|我是[{HAN}]{{2,6}}的){no_name}"
                rf"{sure}{given}{{1,2}}(?=[^{HAN}]|$|{any_of(listed('does'))}|{ends})"
            ),
            # 张伟欠我钱, 跟李娜离婚
            re.compile(
                rf"(?<![{HAN}])(?P<cue>){no_name}{sure}{given}{{1,2}}(?={any_of(listed('does'))})"
            ),
            re.compile(
                rf"(?P<cue>[跟和与]){no_name}{sure}{given}{{1,2}}(?={any_of(listed('together'))})"
            ),
        ),
        surname=re.compile(rf"姓{family}"),
    )
