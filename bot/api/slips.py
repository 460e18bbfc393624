"""/slips and /tickets/{number}/slips: 转介单, sent by operators, moved by the desk that has it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import AfterValidator, StringConstraints
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.problems import Problem
from bot.api.schemas import Strict, written
from bot.api.state import AppState, State
from bot.api.tickets import CLOSED, Number
from bot.slips import board, desks, moving, sending
from bot.slips.board import NoSuchSlip
from bot.slips.sending import Wanted
from bot.slips.states import Deed, Reason, SlipState
from bot.slips.words import WORDS
from bot.tickets import desk
from bot.tickets.acting import on_ticket

router = APIRouter(tags=["slips"], responses=CLOSED)
Operator = Annotated[StaffMember, staff(Role.OPERATOR)]
Desk = Annotated[StaffMember, staff(Role.DESK)]
Reader = Annotated[StaffMember, staff(Role.OPERATOR, Role.DESK)]
SlipNumber = Annotated[str, Path(max_length=24, pattern=r"^[0-9 ]+-[0-9]+$")]
Id = Annotated[str, StringConstraints(min_length=1, max_length=80)]
Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=board.LONGEST_WORDS),
    AfterValidator(written),
]


class SendRequest(Strict):
    """`request`: what the desk is to do; `consent`: the resident has agreed to be passed on."""

    service: Id
    place: Id
    request: Words
    consent: bool = False


class Seen(Strict):
    """`seen`: the state in which the slip was shown; another one now is refused."""

    seen: SlipState | None = None


class SaidRequest(Seen):
    text: Words


class WorkRequest(Seen):
    text: Words | None = None


class ReturnRequest(Seen):
    reason: Reason
    text: Words | None = None


@router.get("/tickets/{number}/desks")
async def offered(
    number: Number,
    member: Operator,
    state: State,
    q: Annotated[str | None, Query(max_length=80)] = None,
) -> dict[str, Any]:
    """The services that fit a ticket, in order, and who near by gives them; `q` looks for more."""
    found = await state.gateway.look(lambda s: desk.find(s, number, member.city_id))
    return desks.offers(state.catalogue, found, q)


@router.post(
    "/tickets/{number}/slips",
    status_code=201,
    responses={200: {"description": "The same slip has been sent before"}},
)
async def send(
    number: Number, request: SendRequest, member: Operator, state: State, response: Response
) -> dict[str, Any]:
    """Pass a ticket on to a desk; the same slip twice is sent once (200)."""
    wanted = Wanted(request.service, request.place, request.request, request.consent)
    slip, new = await on_ticket(
        state.gateway, member, number,
        lambda ledger, found: sending.send(ledger, found, member, wanted),
    )  # fmt: skip
    if not new:
        response.status_code = 200
    return await _shown(state, member, slip.number)


@router.get("/slips")
async def listed(
    member: Reader,
    app: State,
    state: Annotated[SlipState | None, Query()] = None,
    ticket: Annotated[str | None, Query(max_length=20, pattern=r"^[0-9 ]+$")] = None,
    overdue: Annotated[bool, Query()] = False,
) -> dict[str, Any]:
    """Operators: of their city; a desk: of its own place. What is due first comes first."""

    def read(session: Session) -> list[board.Line]:
        return board.lines(
            session,
            board.seen_by(member),
            states=None if state is None else {state},
            ticket=ticket,
        )

    found = await app.gateway.look(read)
    return {
        "slips": [line for line in found if line["overdue"] or not overdue],
        "notice": WORDS.words["no_place"] if board.without_place(member) else None,
    }


@router.get("/slips/{number}")
async def slip(number: SlipNumber, member: Reader, state: State) -> dict[str, Any]:
    """One slip with what was passed on. Looking is a deed: it is written down."""

    def read(session: Session) -> dict[str, Any]:
        found = board.find(session, number, board.seen_by(member))
        audit.record(session, member, "view", "slip", found.number)
        return board.detail(session, found, member)

    try:
        return await state.gateway.store.run(read)
    except NoSuchSlip:
        raise Problem(404, "unknown_slip") from None


@router.post("/slips/{number}/receive")
async def receive(number: SlipNumber, request: Seen, member: Desk, state: State) -> dict[str, Any]:
    """The desk has it, and answers for it from here on."""
    return await _moved(state, member, number, moving.Move(Deed.receive, seen=request.seen))


@router.post("/slips/{number}/work")
async def work(
    number: SlipNumber, request: WorkRequest, member: Desk, state: State
) -> dict[str, Any]:
    """Begun."""
    move = moving.Move(Deed.work, request.text, seen=request.seen)
    return await _moved(state, member, number, move)


@router.post("/slips/{number}/say")
async def say(
    number: SlipNumber, request: SaidRequest, member: Desk, state: State
) -> dict[str, Any]:
    """How it goes, while it is worked on."""
    move = moving.Move(Deed.say, request.text, seen=request.seen)
    return await _moved(state, member, number, move)


@router.post("/slips/{number}/finish")
async def finish(
    number: SlipNumber, request: SaidRequest, member: Desk, state: State
) -> dict[str, Any]:
    """Done, and what came of it; the resident is told that it is done."""
    move = moving.Move(Deed.finish, request.text, seen=request.seen)
    return await _moved(state, member, number, move)


@router.post("/slips/{number}/return")
async def send_back(
    number: SlipNumber, request: ReturnRequest, member: Desk, state: State
) -> dict[str, Any]:
    """Back to the ticket's owner, with the reason."""
    move = moving.Move(Deed.send_back, request.text, request.reason, request.seen)
    return await _moved(state, member, number, move)


async def _moved(
    state: AppState, member: StaffMember, number: str, move: moving.Move
) -> dict[str, Any]:
    """Do it, and show the slip as it is then."""
    try:
        await moving.act(state.gateway, member, number, move)
    except NoSuchSlip:
        raise Problem(404, "unknown_slip") from None
    return await _shown(state, member, number)


async def _shown(state: AppState, member: StaffMember, number: str) -> dict[str, Any]:
    return await state.gateway.look(
        lambda s: board.detail(s, board.find(s, number, board.seen_by(member)), member)
    )
