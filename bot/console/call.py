"""/console/call: an operator takes down a call or a visit while it is told."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.state import State
from bot.console.assist import labels, panel_words
from bot.console.pages import HERE, HOME
from bot.engine_client import LONGEST_TEXT
from bot.web.pages import Pages

PAGES = Pages(HERE, "call")
router = APIRouter(prefix=HOME, include_in_schema=False)


@router.get("/call")
async def call_page(
    member: Annotated[StaffMember, staff(Role.OPERATOR, page=True)], state: State
) -> HTMLResponse:
    """The page; it holds words and names, and asks the API for everything else."""
    catalogue = state.catalogue
    client = {
        "me": {"username": member.username, "name": member.name, "csrf": member.csrf or ""},
        "words": PAGES.words["script"],
        "assist": panel_words(),
        "longest": LONGEST_TEXT,
    }
    home = catalogue.atlas.cities[member.city_id] if member.city_id else state.city(None)
    return PAGES.answer(
        "call.html", words=PAGES.words["page"], member=member, csrf=member.csrf or "",
        labels=labels(catalogue), home=home, bound=member.city_id is not None,
        longest=LONGEST_TEXT, client=json.dumps(client, ensure_ascii=False),
    )  # fmt: skip
