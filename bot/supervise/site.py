"""What every page of /supervise shares: its frame and words, who may come in."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import Request
from fastapi.responses import HTMLResponse, RedirectResponse

from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.web.pages import PRIVATE, Pages
from knowledge.china import CHINA

HERE = Path(__file__).parent
HOME = "/supervise"
PAGES = Pages(HERE, "supervise")
Supervisor = Annotated[StaffMember, staff(Role.SUPERVISOR, page=True)]


def supervise_page(
    template: str, member: StaffMember, here: str, status: int = 200, **context: object
) -> HTMLResponse:
    """A page inside the site's frame; `here` is the key of the menu's entry that it belongs to.

    Templates get `t` (all words of content/supervise.yml), `member`, `csrf`, `menu`, `when`.
    """
    return PAGES.answer(
        template,
        status,
        t=PAGES.words,
        member=member,
        csrf=member.csrf or "",
        here=here,
        menu=PAGES.words["menu"],
        **{"when": when, **context},
    )


def to(address: str, done: str | None = None) -> RedirectResponse:
    """After a deed, to a page that says that it is `done` (a key of `done` in supervise.yml)."""
    return RedirectResponse(
        f"{address}?done={done}" if done else address, status_code=303, headers=PRIVATE
    )


def done_text(request: Request) -> str:
    """What the last deed did, when the page was reached by one."""
    key = request.query_params.get("done", "")
    return str(PAGES.words["done"].get(key, ""))


def when(moment: datetime | None) -> str:
    """A stored time (naive UTC) on China's clock: 2026-11-27 15:04."""
    return _here(moment).strftime("%Y-%m-%d %H:%M") if moment else ""


def clock_of(moment: datetime) -> str:
    """A stored time as a clock in China shows it: 15:04:05."""
    return _here(moment).strftime("%H:%M:%S")


def _here(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(CHINA)
