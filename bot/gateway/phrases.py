"""Small talk and ways out, recognised as whole messages from content/small_talk.yml.

A message counts only when nothing else is left in it, so that a trouble is never taken for a
greeting. No model is asked: "转人工" works also while the engine is away.
"""

from __future__ import annotations

import re
from enum import StrEnum
from functools import cache

from bot.words import words
from knowledge.text import normalise


class Phrase(StrEnum):
    """What a whole message of fixed words can mean; the words are in small_talk.yml."""

    greeting = "greeting"
    okay = "okay"
    thanks = "thanks"
    goodbye = "goodbye"
    who_are_you = "who_are_you"
    help = "help"
    person = "person"
    back = "back"
    cancel = "cancel"
    restart = "restart"
    not_this = "not_this"
    ticket = "ticket"
    progress = "progress"
    contact = "contact"
    forget_contact = "forget_contact"
    cancel_callback = "cancel_callback"
    safe = "safe"
    unsafe = "unsafe"
    change_city = "change_city"


# these may stand beside another one ("你好，转人工"); the least telling first
_SOCIAL = (Phrase.greeting, Phrase.okay, Phrase.thanks, Phrase.goodbye)
_NOT_WORDS = re.compile(r"[^\w?]|_")
_LONGEST = 24


@cache
def _phrases() -> dict[str, Phrase]:
    talk = words("small_talk")
    return {_plain(text): kind for kind in Phrase for text in map(str, talk[kind]["phrases"])}


@cache
def _filler() -> frozenset[str]:
    return frozenset(words("small_talk")["filler"])


def _plain(text: str) -> str:
    return _NOT_WORDS.sub("", normalise(text))


def recognise(text: str) -> Phrase | None:
    """What the whole message means, or None when it holds anything else."""
    plain = _plain(text)
    if not plain or len(plain) > _LONGEST or normalise(text).startswith("/"):
        return None  # what looks like a command to a machine is none of ours
    exact = _phrases().get(plain) or _phrases().get(plain.rstrip("?"))
    if exact:
        return exact
    kinds = set(_split(plain.replace("?", "")) or ())
    telling = kinds - set(_SOCIAL)
    if len(telling) > 1:
        return None
    if telling:
        return telling.pop()
    return max(kinds, key=_SOCIAL.index, default=None)


def _split(plain: str) -> list[Phrase] | None:
    """The phrases that make up the text, filler between them ignored; None when some is left.

    The longest first step from each place that reaches the end; texts are short.
    """
    known, filler = _phrases(), _filler()

    @cache
    def rest(start: int) -> list[Phrase] | None:
        if start == len(plain):
            return []
        for end in range(len(plain), start, -1):
            piece = plain[start:end]
            if piece in known or piece in filler:
                after = rest(end)
                if after is not None:
                    return [known[piece], *after] if piece in known else after
        return None

    return rest(0)
