"""Why a workbook as a whole cannot be taken: one line for whoever sent it."""

from __future__ import annotations

from bot.words import words


class Refusal(Exception):
    """Something that a person can mend; the text says what, in Chinese."""

    def __init__(self, key: str, **values: object) -> None:
        """`key` is one of bot/content/workbook.yml, `values` fill its {…}."""
        self.key = key
        super().__init__(words("workbook")["refusal"][key].format(**values))
