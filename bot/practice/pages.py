"""/console/practice: the list of cases, and one case turn by turn.

Plain forms that ask with GET: nothing is written, no ticket, no message, no figure of a report.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Cookie, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.accounts.door import accounts_of, staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.state import State
from bot.practice import done
from bot.practice.cases import Case, practice_cases
from bot.practice.walk import LETTERS, Step, after, result, steps
from bot.web.pages import PRIVATE, Pages
from bot.words import words
from knowledge.catalogue import Catalogue
from knowledge.faq.shape import item_url
from knowledge.law.links import articles_named, law_url, linked

HERE = Path(__file__).parent
HOME = "/console/practice"
PAGES = Pages(HERE, "practice")
# a supervisor is an operator too
Operator = Annotated[StaffMember, staff(Role.OPERATOR, page=True)]
Kept = Annotated[str | None, Cookie(alias=done.COOKIE)]
router = APIRouter(prefix=HOME, include_in_schema=False)


@router.get("")
async def listed(member: Operator, kept: Kept = None) -> HTMLResponse:
    """Every case by topic: how many turns, and what came of it the last time."""
    cases = practice_cases()
    return _page(
        "list.html", member,
        topics=[
            (topic, list(group))
            for topic, group in groupby(cases.values(), key=lambda case: case.topic)
        ],
        done=done.read(kept, member.account_id, cases),
        channels=words("tickets")["channels"],
    )  # fmt: skip


@router.get("/{case_id}")
async def one(
    request: Request,
    case_id: str,
    member: Operator,
    state: State,
    chosen: Annotated[str, Query(max_length=40)] = "",
    kept: Kept = None,
) -> Response:
    """One case as far as it has gone; behind the last turn what came of it."""
    cases = practice_cases()
    case = cases.get(case_id)
    if case is None:
        return _page("said.html", member, 404)
    taken = steps(case, chosen)
    if taken is None:
        return RedirectResponse(f"{HOME}/{case.id}", status_code=303, headers=PRIVATE)
    opening = words("scripts")["open"].get(case.channel, "")
    channel = words("tickets")["channels"][case.channel]
    shown = {"case": case, "taken": taken, "opening": opening, "channel": channel}
    if len(taken) < len(case.turns):
        return _page(
            "case.html", member, **shown, turn=case.turns[len(taken)],
            choices=[
                (chosen + letter, choice.text)
                for letter, choice in zip(
                    LETTERS, case.turns[len(taken)].choices, strict=False
                )
            ],
        )  # fmt: skip
    results = done.read(kept, member.account_id, cases) | {case.id: result(taken)}
    response = _page(
        "case.html", member, **shown, turn=None, result=results[case.id],
        laws=_laws(taken), answers=_answers(state.catalogue, case, member.city_id),
        following=after(case, cases, results),
    )  # fmt: skip
    response.set_cookie(
        done.COOKIE, done.written(member.account_id, results), max_age=done.KEPT, path=HOME,
        httponly=True, samesite="lax", secure=accounts_of(request).secure_cookie,
    )  # fmt: skip
    return response


def _page(template: str, member: StaffMember, status: int = 200, **context: object) -> HTMLResponse:
    return PAGES.answer(
        template, status,
        t=PAGES.words, member=member, csrf=member.csrf or "", home=HOME, linked=linked,
        **context,
    )  # fmt: skip


def _laws(taken: Sequence[Step]) -> list[tuple[str, str]]:
    """The articles behind what was not chosen right: name and page, each once."""
    missed = (step.turn.basis for step in taken if not step.right)
    named = {one.law + one.number: one for basis in missed for one in articles_named(basis)}
    return [(name, law_url(one.law, one.number)) for name, one in named.items()]


def _answers(catalogue: Catalogue, case: Case, city_id: str | None) -> list[tuple[str, str]]:
    """What residents read about it: title and page; an answer that was taken away is left out."""
    local = f"?city={city_id}" if city_id else ""
    return [
        (catalogue.faq[id_].title, item_url(id_) + local)
        for id_ in case.faq
        if id_ in catalogue.faq
    ]
