"""Why a file cannot be triaged: one line for whoever asked."""

from __future__ import annotations

import errno

from bot.words import words


class Refusal(Exception):
    """Something that a person can mend; the text says what, in Chinese."""

    def __init__(self, key: str, **values: object) -> None:
        """`key` is one of bot/content/triage_file.yml, `values` fill its {…}."""
        self.key = key
        super().__init__(words("triage_file")["refusal"][key].format(**values))


def why(error: OSError) -> str:
    """The reason of the system, in Chinese where it is a usual one."""
    known = words("triage_file")["why"]
    name = errno.errorcode.get(error.errno or 0, "")
    return str(known.get(name) or one_line(error.strerror or error))


def one_line(text: object, longest: int = 200) -> str:
    """A name or a reason from outside, fit to stand in one line of ours."""
    line = " ".join(str(text).split())
    return line if len(line) <= longest else line[:longest] + "…"
