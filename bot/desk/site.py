"""What every page of /desk shares: its frame and words, who may come in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi.responses import HTMLResponse

from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.clock import when
from bot.web.pages import Pages

HERE = Path(__file__).parent
HOME = "/desk"
PAGES = Pages(HERE, "desk")
Desk = Annotated[StaffMember, staff(Role.DESK, page=True)]


def desk_page(
    template: str, member: StaffMember, status: int = 200, **context: object
) -> HTMLResponse:
    """A page inside the site's frame.

    Templates get `t` (all words of content/desk.yml), `member`, `csrf`, `when` (a stored time).
    """
    return PAGES.answer(
        template,
        status,
        t=PAGES.words,
        member=member,
        csrf=member.csrf or "",
        operator=member.may(Role.OPERATOR),
        when=on_the_clock,
        **context,
    )


def refused(member: StaffMember, text: str, status: int, back: str = HOME) -> HTMLResponse:
    """A plain page that says why something cannot be done, and where to look instead."""
    return desk_page("said.html", member, status, text=text, back=back)


def on_the_clock(moment: str | None) -> str:
    """A time as slips give it (ISO 8601, UTC), on China's clock: 2026-11-27 15:04."""
    return when(datetime.fromisoformat(moment).replace(tzinfo=None)) if moment else ""
