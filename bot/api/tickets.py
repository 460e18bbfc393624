"""/tickets: what operators do with 话务工单. Login by cookie with CSRF token, or bearer token."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import StringConstraints
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.door import accounts_of, staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import Strict
from bot.api.state import AppState, State
from bot.gateway import hub
from bot.gateway.ledger import Actor, Ledger
from bot.tables import Message, Ticket
from bot.tickets import board, desk
from bot.tickets.stream import ConsoleStream
from bot.words import words

CLOSED: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (400, 401, 403, 404, 409, 413, 415, 422, 503)
}
router = APIRouter(prefix="/tickets", tags=["tickets"], responses=CLOSED)
Operator = Annotated[StaffMember, staff(Role.OPERATOR)]
Number = Annotated[str, Path(max_length=20, pattern=r"^[0-9 ]+$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]
Deed = Callable[[Ledger, Ticket, Actor], object]


class ReplyRequest(Strict):
    """`id` is the console's own: the same reply twice is said once."""

    id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    text: Text


class NoteRequest(Strict):
    text: Text


class NotedRequest(Strict):
    note: Note | None = None


class CloseRequest(Strict):
    outcome: Annotated[str, StringConstraints(min_length=1, max_length=40)]
    note: Note | None = None


class TransferRequest(Strict):
    to: Literal["desk"] = "desk"
    note: Note | None = None


@router.get("")
async def tickets(
    member: Operator,
    state: State,
    scope: Annotated[Literal["waiting", "mine", "open", "closed"] | None, Query()] = None,
) -> dict[str, Any]:
    """What waits, is being answered, or is open; `scope` narrows it."""
    operator = _actor(member)
    catalogue = state.catalogue
    return {
        "tickets": await state.gateway.look(
            lambda s: board.lines(s, catalogue, operator, member.city_id, scope)
        )
    }


@router.get("/events", response_class=EventSourceResponse)
async def events(
    request: Request, member: Operator, state: State
) -> AsyncIterator[ServerSentEvent]:
    """`tickets` (the whole list, when it changes), `message` and `typing` of one's own tickets."""

    async def admitted() -> bool:
        now = await accounts_of(request).again(member)
        return now is not None and now.may(Role.OPERATOR)

    stream = ConsoleStream(state.gateway, state.catalogue, _actor(member), member.city_id, admitted)
    async for event in stream.events():
        yield ServerSentEvent(event=event.kind, data=event.data)


@router.get("/{number}")
async def ticket(number: Number, member: Operator, state: State) -> dict[str, Any]:
    """One ticket with its transcript. Looking is a deed: it is written down."""
    operator, catalogue = _actor(member), state.catalogue

    def read(session: Session) -> dict[str, Any]:
        found = desk.find(session, number, member.city_id)
        audit.record(session, member, "view", "ticket", found.number)
        desk.seen(session, found, operator)
        return board.detail(session, catalogue, found, operator)

    return await state.gateway.store.run(read)


@router.post("/{number}/claim")
async def claim(number: Number, member: Operator, state: State) -> dict[str, Any]:
    """Take it; the first one has it, the second gets 409 and the name."""
    return await _done(state, member, number, "claim", desk.claim)


@router.post("/{number}/reply")
async def reply(
    number: Number, request: ReplyRequest, member: Operator, state: State
) -> dict[str, Any]:
    """Say something to the resident."""

    def say(ledger: Ledger, found: Ticket, operator: Actor) -> Message:
        return desk.reply(ledger, found, operator, request.id, request.text)

    message = await _do(state, member, number, "reply", say)
    assert isinstance(message, Message)
    return board.operators_shape(message)


@router.post("/{number}/note")
async def note(
    number: Number, request: NoteRequest, member: Operator, state: State
) -> dict[str, Any]:
    """A note for colleagues."""
    return await _done(
        state, member, number, "note",
        lambda ledger, found, operator: desk.note(ledger, found, operator, request.text),
    )  # fmt: skip


@router.post("/{number}/handback")
async def handback(
    number: Number, request: NotedRequest, member: Operator, state: State
) -> dict[str, Any]:
    """Back to the bot, which is told what was said."""
    return await _done(
        state, member, number, "handback",
        lambda ledger, found, operator: desk.handback(ledger, found, operator, request.note),
    )  # fmt: skip


@router.post("/{number}/transfer")
async def transfer(
    number: Number, request: TransferRequest, member: Operator, state: State
) -> dict[str, Any]:
    """Back to the duty desk, for a colleague."""
    return await _done(
        state, member, number, "transfer",
        lambda ledger, found, operator: desk.transfer(ledger, found, operator, request.note),
    )  # fmt: skip


@router.post("/{number}/close")
async def close(
    number: Number, request: CloseRequest, member: Operator, state: State
) -> dict[str, Any]:
    """Done, with an outcome."""
    if request.outcome not in words("tickets")["outcomes"]:
        raise Problem(422, "unknown_outcome", "outcome")
    return await _done(
        state, member, number, "close",
        lambda ledger, found, operator: desk.close(
            ledger, found, operator, request.outcome, request.note
        ),
    )  # fmt: skip


@router.post("/{number}/typing", status_code=204)
async def typing(number: Number, member: Operator, state: State) -> None:
    """The operator is writing; the resident sees it."""
    found = await state.gateway.look(lambda session: desk.find(session, number, member.city_id))
    if found.conversation_id and found.owner_id == member.account_id:
        state.gateway.hub.wake(hub.typing(found.conversation_id, "operator"))


def _actor(member: StaffMember) -> Actor:
    return Actor(member.username, member.account_id, member.name)


async def _done(
    state: AppState, member: StaffMember, number: str, verb: str, deed: Deed
) -> dict[str, Any]:
    """Do it, and show the ticket as it is then."""
    await _do(state, member, number, verb, deed)
    catalogue, operator = state.catalogue, _actor(member)
    return await state.gateway.look(
        lambda s: board.detail(s, catalogue, desk.find(s, number, member.city_id), operator),
    )


async def _do(state: AppState, member: StaffMember, number: str, verb: str, deed: Deed) -> object:
    """A deed on a ticket whose conversation is held, with its audit row in the same transaction."""
    conversation_id = await state.gateway.look(
        lambda s: desk.find(s, number, member.city_id).conversation_id
    )
    if conversation_id is None:
        raise Problem(409, "conversation_gone")

    def held(ledger: Ledger) -> object:
        found = desk.find(ledger.session, number, member.city_id)
        result = deed(ledger, found, _actor(member))
        audit.record(ledger.session, member, verb, "ticket", found.number)
        return result

    return await state.gateway.write(conversation_id, held)
