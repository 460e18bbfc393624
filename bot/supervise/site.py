"""What every page of /supervise shares: its frame and words, who may come in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi.responses import HTMLResponse

from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.clock import in_china, when
from bot.web.pages import Pages

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


def clock_of(moment: datetime) -> str:
    """A stored time as a clock in China shows it: 15:04:05."""
    return in_china(moment).strftime("%H:%M:%S")
