"""/callbacks: who is to be called back, and what came of it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.problems import Problem, ProblemDocument
from bot.api.state import State
from bot.callbacks.deeds import Deed, do
from bot.callbacks.listing import Line, to_call
from bot.callbacks.states import WrongMove
from bot.callbacks.tables import Callback
from bot.clock import utcnow
from bot.gateway.ledger import Ledger
from bot.places.closing import LARGEST_ID
from bot.tables import Ticket
from bot.tickets.acting import actor_of

CLOSED: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (401, 403, 404, 409, 422, 503)
}
router = APIRouter(prefix="/callbacks", tags=["callbacks"], responses=CLOSED)
Operator = Annotated[StaffMember, staff(Role.OPERATOR)]
CallbackId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


class CallbackLine(BaseModel):
    """One call to make.

    `safe` null: it was not asked whether calling is safe. `first`: why this one comes before all
    the others; null for those that do not.
    """

    id: int
    number: str
    number_shown: str
    city: str
    day: str
    half: str
    when: str
    urgent_name: str | None
    matter_name: str | None
    trouble: str
    safe: bool | None
    tries: int
    overdue: bool
    first: str | None


class CallbackList(BaseModel):
    """The calls to make, in their order."""

    callbacks: list[CallbackLine]


@router.get("", response_model=CallbackList)
async def callbacks(member: Operator, state: State) -> dict[str, Any]:
    """The calls to make in one's city, those of who may be in danger first, then the earliest.

    The number to call is on the ticket.
    """
    found = await state.gateway.look(lambda s: to_call(s, member.city_id, utcnow()))
    return {"callbacks": [_shape(line) for line in found]}


@router.post("/{callback_id}/reached", status_code=204)
async def reached(callback_id: CallbackId, member: Operator, state: State) -> None:
    """They have talked."""
    await _do(state, member, callback_id, Deed.reached)


@router.post("/{callback_id}/missed", status_code=204)
async def missed(callback_id: CallbackId, member: Operator, state: State) -> None:
    """Nobody answered; after the last try the resident is told."""
    await _do(state, member, callback_id, Deed.missed)


@router.post("/{callback_id}/cancel", status_code=204)
async def cancel(callback_id: CallbackId, member: Operator, state: State) -> None:
    """No call is to be made; the resident is told."""
    await _do(state, member, callback_id, Deed.cancel)


async def _do(state: State, member: StaffMember, callback_id: int, deed: Deed) -> None:
    def find(session: Session) -> str | None:
        return _found(session, member, callback_id)[1].conversation_id

    conversation_id = await state.gateway.look(find)
    if conversation_id is None:
        raise Problem(409, "conversation_gone")

    def held(ledger: Ledger) -> None:
        callback, ticket = _found(ledger.session, member, callback_id)
        operator = actor_of(member)
        try:
            do(ledger, ticket, callback, deed, operator)
        except WrongMove:
            raise Problem(409, "callback_settled") from None
        audit.record(ledger.session, member, f"callback.{deed}", "ticket", ticket.number)

    await state.gateway.write(conversation_id, held)


def _found(session: Session, member: StaffMember, callback_id: int) -> tuple[Callback, Ticket]:
    """Raises Problem (404): none, or of another city."""
    callback = session.get(Callback, callback_id)
    if callback is None or member.city_id not in (None, callback.city_id):
        raise Problem(404, "unknown_callback")
    return callback, session.get_one(Ticket, callback.ticket_id)


def _shape(line: Line) -> dict[str, Any]:
    return {
        "id": line.id,
        "number": line.number,
        "number_shown": line.number_shown,
        "city": line.city_id,
        "day": line.slot.day.isoformat(),
        "half": line.slot.half,
        "when": line.when,
        "urgent_name": line.urgent,
        "matter_name": line.name,
        "trouble": line.trouble,
        "safe": line.safe,
        "tries": line.tries,
        "overdue": line.overdue,
        "first": line.first,
    }
