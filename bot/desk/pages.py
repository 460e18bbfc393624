"""The pages of /desk: the list, one slip, and a form of its own for each of the two endings."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.logins import StaffMember
from bot.api.problems import Problem
from bot.api.state import AppState, State
from bot.desk.site import HOME, PAGES, Desk, desk_page, refused
from bot.slips import board, moving
from bot.slips.states import ENDED, Deed, Reason, SlipState
from bot.slips.words import WORDS
from bot.tickets.desk import Refused
from bot.tickets.summary import screened, urgent_name
from bot.web.forms import plain_form
from bot.web.pages import to
from bot.words import words
from knowledge.text import storable

# by its own form on the slip's page; the two endings have a page each
ON_THE_PAGE = {"receive": Deed.receive, "work": Deed.work, "say": Deed.say}
ENDINGS = {"finish": Deed.finish, "return": Deed.send_back}
NEW = (SlipState.sent,)
GOING = (SlipState.received, SlipState.working)
router = APIRouter(prefix=HOME, include_in_schema=False)


@dataclass
class Filled:
    """A form as it was sent: the texts, and what is wrong with which."""

    texts: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


@router.get("")
async def listed(request: Request, member: Desk, state: State) -> HTMLResponse:
    """What is new, what is going on, what has ended; the overdue first."""

    def read(session: Session) -> list[board.Line]:
        return board.lines(session, board.moved_by(member))

    found = await state.gateway.store.look(read)
    place = state.catalogue.point(member.place_id or "")
    groups = {"new": NEW, "going": GOING, "ended": ENDED}
    return desk_page(
        "list.html", member,
        done=PAGES.done_text(request), urgent_name=urgent_name,
        place=place.name if place else None,
        no_place=WORDS.words["no_place"] if member.place_id is None else None,
        groups={
            name: [line for line in found if line["state"] in states]
            for name, states in groups.items()
        },
    )  # fmt: skip


@router.get("/slips/{number}")
async def slip(request: Request, number: str, member: Desk, state: State) -> HTMLResponse:
    """One slip with what was passed on, and what may be done with it."""
    return await _slip(state, member, number, Filled(), done=PAGES.done_text(request))


@router.get("/slips/{number}/{deed}")
async def asked(number: str, deed: str, member: Desk, state: State) -> HTMLResponse:
    """The form of an ending, which is its confirmation too."""
    if deed not in ENDINGS:
        raise board.NoSuchSlip(number)
    return await _ending(state, member, number, deed, Filled())


@router.post("/slips/{number}/{deed}")
async def done(request: Request, number: str, deed: str, member: Desk, state: State) -> Response:
    """Do it; or the form again, with what was typed and what is wrong with it."""
    wanted = (ON_THE_PAGE | ENDINGS).get(deed)
    if wanted is None:
        raise board.NoSuchSlip(number)
    form = await plain_form(request)
    texts = {name: storable(form.get(name, "")).strip() for name in ("text", "reason", "seen")}
    filled = Filled(texts)
    if len(texts["text"]) > board.LONGEST_WORDS:
        too_long = str(PAGES.words["too_long"])
        filled.errors["text"] = too_long.format(most=board.LONGEST_WORDS)
    else:
        try:
            await moving.act(state.gateway, member, number, _move(wanted, texts))
            return to(f"{HOME}/slips/{_plain(number)}", deed)
        except Problem as error:
            filled.errors[error.field or "text"] = error.detail
        except Refused as error:
            text = str(words("problems")["detail"][error.reason]).format(**error.values)
            return refused(member, text, 409, f"{HOME}/slips/{_plain(number)}")
    if deed in ENDINGS:
        return await _ending(state, member, number, deed, filled, 422)
    return await _slip(state, member, number, filled, 422)


def _move(deed: Deed, texts: dict[str, str]) -> moving.Move:
    """What the form asks for; a reason or a state that there is not is none."""
    reason, seen = texts["reason"], texts["seen"]
    return moving.Move(
        deed,
        texts["text"] or None,
        Reason(reason) if deed is Deed.send_back and reason in set(Reason) else None,
        SlipState(seen) if seen in set(SlipState) else None,
    )


async def _ending(
    state: AppState,
    member: StaffMember,
    number: str,
    deed: str,
    filled: Filled,
    status: int = 200,
) -> HTMLResponse:
    shown = await _look(state, member, number)
    if deed not in shown["deeds"] and status == 200:
        text = str(words("problems")["detail"]["slip_wrong_state"])
        back = f"{HOME}/slips/{shown['number']}"
        return refused(member, text.format(value=shown["state_name"]), 409, back)
    return desk_page(
        "ending.html", member, status, slip=shown, deed=deed,
        texts=filled.texts, errors=filled.errors, longest=board.LONGEST_WORDS,
    )  # fmt: skip


async def _slip(
    state: AppState,
    member: StaffMember,
    number: str,
    filled: Filled,
    status: int = 200,
    done: str = "",
) -> HTMLResponse:
    shown = await _look(state, member, number)
    passed_on = shown["passed_on"] or {}
    return desk_page(
        "slip.html", member, status, slip=shown, done=done, texts=filled.texts,
        errors=filled.errors, longest=board.LONGEST_WORDS, urgent=urgent_name(shown["urgent"]),
        screening=screened(passed_on.get("screening")),
    )  # fmt: skip


async def _look(state: AppState, member: StaffMember, number: str) -> dict[str, Any]:
    """Looking is a deed: it is written down. Raises NoSuchSlip."""

    def read(session: Session) -> dict[str, Any]:
        found = board.find(session, number, board.moved_by(member))
        audit.record(session, member, "view", "slip", found.number)
        return board.detail(session, found, member)

    return await state.gateway.store.run(read)


def _plain(number: str) -> str:
    """A number that was found, as addresses hold it."""
    return number.replace(" ", "")
