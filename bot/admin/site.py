"""What every page of /admin shares: its frame and words, who may come in, a form's fields."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from fastapi import Request
from fastapi.responses import HTMLResponse

from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.clock import when
from bot.web.pages import Pages

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


def place_of(request: Request) -> str:
    """The menu's entry that an address belongs to."""
    here = request.url.path.removeprefix(HOME).strip("/").partition("/")[0]
    return here if here in PAGES.words["menu"] else "home"


def refused(
    member: StaffMember,
    here: str,
    key: str,
    status: int,
    typed: Sequence[tuple[str, str]] = (),
    **values: object,
) -> HTMLResponse:
    """A plain page that says why something cannot be done: a key of `refused` in admin.yml.

    `typed`: what was written into the form, by the title of its field, so that it is not lost.
    """
    text = str(PAGES.words["refused"][key]).format(**values)
    return admin_page("said.html", member, here, status, text=text, typed=typed)
