"""What the pages to read have in common: the bar above them, and how a day is written."""

from __future__ import annotations

from datetime import date

from fastapi.responses import HTMLResponse

from bot.web.page import HERE
from bot.web.pages import Pages

READING = Pages(HERE, "reading")


def read_page(pages: Pages, template: str, status: int = 200, **context: object) -> HTMLResponse:
    """A page with its own words (`t`) under the common bar (`r`)."""
    return pages.answer(template, status, t=pages.words, r=READING.words, **context)


def day_in_words(day: date) -> str:
    """2026年11月26日."""
    words = READING.words
    return str(words["date"].format(year=day.year, month=day.month, day=day.day))
