"""What every page of /admin shares: its frame and words, who may come in, a form's fields."""

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
HOME = "/admin"
PAGES = Pages(HERE, "admin")
# who writes, and who also publishes: a reviewer is an editor too
Editor = Annotated[StaffMember, staff(Role.EDITOR, page=True)]
Reviewer = Annotated[StaffMember, staff(Role.REVIEWER, page=True)]


def admin_page(
    template: str, member: StaffMember, here: str, status: int = 200, **context: object
) -> HTMLResponse:
    """A page inside the site's frame; `here` is the key of the menu's entry that it belongs to.

    Templates get `t` (all words of content/admin.yml), `member`, `csrf`, `reviewer`.
    """
    return PAGES.answer(
        template,
        status,
        t=PAGES.words,
        member=member,
        csrf=member.csrf or "",
        reviewer=member.may(Role.REVIEWER),
        here=here,
        menu=_menu(member),
        when=when,
        **context,
    )


def _menu(member: StaffMember) -> dict[str, dict[str, str]]:
    """What a member may open: desks and operators say when nobody is there, no more."""
    menu: dict[str, dict[str, str]] = PAGES.words["menu"]
    if member.may(Role.EDITOR):
        return menu
    slips = {"desk": PAGES.words["desk"]} if member.may(Role.DESK) else {}
    return {**slips, "closures": menu["closures"]}


def refused(
    member: StaffMember, here: str, key: str, status: int, **values: object
) -> HTMLResponse:
    """A plain page that says why something cannot be done: a key of `refused` in admin.yml."""
    text = str(PAGES.words["refused"][key]).format(**values)
    return admin_page("said.html", member, here, status, text=text)


def to(address: str, done: str | None = None) -> RedirectResponse:
    """After a deed, to a page that says that it is `done` (a key of `done` in admin.yml)."""
    return RedirectResponse(
        f"{address}?done={done}" if done else address, status_code=303, headers=PRIVATE
    )


def done_text(request: Request) -> str:
    """What the last deed did, when the page was reached by one."""
    key = request.query_params.get("done", "")
    return str(PAGES.words["done"].get(key, ""))


def when(moment: datetime | None) -> str:
    """A stored time (naive UTC) on China's clock: 2026-11-27 15:04."""
    if moment is None:
        return ""
    return moment.replace(tzinfo=UTC).astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
