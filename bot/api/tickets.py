"""/tickets: what operators do with 话务工单. Login by cookie with CSRF token, or bearer token."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from datetime import UTC
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import AfterValidator, AwareDatetime, StringConstraints
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.accounts.door import accounts_of, staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.problems import Problem, ProblemDocument
from bot.api.schemas import Strict, written
from bot.api.state import AppState, State
from bot.clock import utcnow
from bot.duty import presence
from bot.gateway import hub
from bot.gateway.ledger import Actor, Ledger
from bot.gateway.store import StoreAway
from bot.tables import Message, Ticket
from bot.tickets import aside, board, colleagues, corrections, desk, drafts, judging
from bot.tickets.acting import actor_of, on_ticket
from bot.tickets.corrections import Axis
from bot.tickets.stream import ConsoleStream
from bot.words import words
from knowledge.text import storable

CLOSED: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (400, 401, 403, 404, 409, 413, 415, 422, 503)
}
router = APIRouter(prefix="/tickets", tags=["tickets"], responses=CLOSED)
Operator = Annotated[StaffMember, staff(Role.OPERATOR)]
Supervisor = Annotated[StaffMember, staff(Role.SUPERVISOR)]
Number = Annotated[str, Path(max_length=20, pattern=r"^[0-9 ]+$")]
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=2000),
    AfterValidator(written),
]
Note = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=2000), AfterValidator(storable)
]
Name = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=100),
    AfterValidator(storable),
]
Label = Annotated[str, StringConstraints(min_length=1, max_length=60)]
CURSOR_AT_MOST = 200
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


class SecondRequest(Strict):
    username: Name
    note: Note | None = None


class SecondDoneRequest(Strict):
    note: Text


class EscalateRequest(Strict):
    note: Text


class SuspendRequest(Strict):
    until: AwareDatetime
    note: Note | None = None


class MergeRequest(Strict):
    """The number of the ticket that goes on."""

    into: Annotated[str, StringConstraints(pattern=r"^[0-9 ]{12,20}$")]


class CorrectRequest(Strict):
    service: Label | None = None
    matter: Label | None = None


class JudgeRequest(Strict):
    """One of the kinds of `labels`; "none": nothing is urgent."""

    urgent: Label


class OpponentRequest(Strict):
    """An empty name takes it away."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]


class DraftRequest(Strict):
    """An empty text deletes the draft."""

    text: Annotated[str, StringConstraints(max_length=4000), AfterValidator(storable)]


@router.get("")
async def tickets(
    member: Operator,
    state: State,
    scope: Annotated[Literal["waiting", "mine", "open", "closed"] | None, Query()] = None,
    order: Annotated[Literal["queue", "newest"], Query()] = "queue",
    limit: Annotated[int, Query(ge=1, le=board.AT_MOST)] = board.AT_MOST,
    after: Annotated[str | None, Query(max_length=CURSOR_AT_MOST)] = None,
) -> dict[str, Any]:
    """What waits, is being answered, or is open; `scope` narrows it.

    `after` goes on where the answer before said `next`.
    """
    operator = actor_of(member)
    catalogue = state.catalogue
    try:
        page = await state.gateway.look(
            lambda s: board.page(
                s, catalogue, operator, member.city_id, scope,
                newest=order == "newest", limit=limit, after=after,
            )
        )  # fmt: skip
    except board.WrongCursor:
        raise Problem(422, "unknown_cursor", "after") from None
    return {"tickets": page.lines, "next": page.next}


@router.get("/events", response_class=EventSourceResponse)
async def events(
    request: Request, member: Operator, state: State
) -> AsyncIterator[ServerSentEvent]:
    """`tickets` (the list) and `changes` of it, `message` and `typing` of one's own tickets."""

    async def admitted() -> bool:
        now = await accounts_of(request).again(member)
        if now is None or not now.may(Role.OPERATOR):
            return False
        with suppress(StoreAway):  # heard of again a little later
            await state.gateway.store.run(
                lambda session: presence.seen(session, member.account_id, utcnow())
            )
        return True

    stream = ConsoleStream(
        state.gateway, state.catalogue, actor_of(member), member.city_id, admitted
    )
    async for event in stream.events():
        yield ServerSentEvent(event=event.kind, raw_data=json.dumps(event.data))


@router.get("/labels")
async def labels(member: Operator) -> dict[str, list[dict[str, str]]]:
    """The services (requests too) and matters that a ticket can be about; how urgent it can be."""
    return {**corrections.labels(), "urgent": judging.kinds()}


@router.get("/{number}")
async def ticket(number: Number, member: Operator, state: State) -> dict[str, Any]:
    """One ticket with its transcript. Looking is a deed: it is written down."""
    operator, catalogue = actor_of(member), state.catalogue

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


@router.get("/{number}/colleagues")
async def colleagues_of(number: Number, member: Operator, state: State) -> dict[str, Any]:
    """Who may be asked for a second opinion, or be given it."""

    def read(session: Session) -> list[dict[str, Any]]:
        found = desk.find(session, number, member.city_id)
        everybody = colleagues.operators_of(session, found.city_id)
        return [one for one in everybody if one["username"] != member.username]

    return {"colleagues": await state.gateway.look(read)}


@router.post("/{number}/second")
async def second(
    number: Number, request: SecondRequest, member: Operator, state: State
) -> dict[str, Any]:
    """A colleague is asked to have a look."""
    return await _done(
        state, member, number, "second",
        lambda ledger, found, operator: colleagues.second(
            ledger, found, operator, request.username, request.note
        ),
    )  # fmt: skip


@router.post("/{number}/second/done")
async def second_done(
    number: Number, request: SecondDoneRequest, member: Operator, state: State
) -> dict[str, Any]:
    """The one who was asked says what they think."""
    return await _done(
        state, member, number, "second.done",
        lambda ledger, found, operator: colleagues.second_done(
            ledger, found, operator, request.note
        ),
    )  # fmt: skip


@router.post("/{number}/escalate")
async def escalate(
    number: Number, request: EscalateRequest, member: Operator, state: State
) -> dict[str, Any]:
    """A supervisor is to look at it."""
    return await _done(
        state, member, number, "escalate",
        lambda ledger, found, operator: colleagues.escalate(
            ledger, found, operator, request.note
        ),
    )  # fmt: skip


@router.post("/{number}/escalate/done")
async def escalate_done(
    number: Number, request: EscalateRequest, member: Supervisor, state: State
) -> dict[str, Any]:
    """The supervisor has looked."""
    return await _done(
        state, member, number, "escalate.done",
        lambda ledger, found, operator: colleagues.settle(ledger, found, operator, request.note),
    )  # fmt: skip


@router.post("/{number}/reassign")
async def reassign(
    number: Number, request: SecondRequest, member: Supervisor, state: State
) -> dict[str, Any]:
    """To another operator, who goes on at once."""
    return await _done(
        state, member, number, "reassign",
        lambda ledger, found, operator: colleagues.reassign(
            ledger, found, operator, request.username, request.note
        ),
    )  # fmt: skip


@router.post("/{number}/suspend")
async def suspend(
    number: Number, request: SuspendRequest, member: Operator, state: State
) -> dict[str, Any]:
    """Aside until a moment; a resident who is being talked with goes on with the bot."""
    try:
        until = request.until.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:  # the last hours of the year 9999, or the first of the year 1
        raise Problem(422, "suspend_when", "until") from None
    return await _done(
        state, member, number, "suspend",
        lambda ledger, found, operator: aside.suspend(
            ledger, found, operator, until, request.note
        ),
    )  # fmt: skip


@router.post("/{number}/resume")
async def resume(number: Number, member: Operator, state: State) -> dict[str, Any]:
    """Back into the list."""
    return await _done(state, member, number, "resume", aside.resume)


@router.post("/{number}/merge")
async def merge(
    number: Number, request: MergeRequest, member: Operator, state: State
) -> dict[str, Any]:
    """This one ends as a duplicate of the one that goes on."""
    return await _done(
        state, member, number, "merge",
        lambda ledger, found, operator: aside.merge(
            ledger, found, operator, request.into, member.city_id
        ),
    )  # fmt: skip


@router.post("/{number}/correct")
async def correct(
    number: Number, request: CorrectRequest, member: Operator, state: State
) -> dict[str, Any]:
    """What it is really about."""
    wanted = _wanted(request)
    return await _done(
        state, member, number, "correct",
        lambda ledger, found, operator: corrections.correct(ledger, found, operator, wanted),
    )  # fmt: skip


@router.post("/{number}/judge")
async def judge(
    number: Number, request: JudgeRequest, member: Operator, state: State
) -> dict[str, Any]:
    """How urgent it is, by who has read or asked."""
    if not any(one["id"] == request.urgent for one in judging.kinds()):
        raise Problem(422, "unknown_urgent", "urgent")
    return await _done(
        state, member, number, "judge",
        lambda ledger, found, operator: judging.judge(ledger, found, operator, request.urgent),
    )  # fmt: skip


@router.post("/{number}/opponent")
async def opponent(
    number: Number, request: OpponentRequest, member: Operator, state: State
) -> dict[str, Any]:
    """Against whom the trouble is."""
    return await _done(
        state, member, number, "opponent",
        lambda ledger, found, operator: corrections.against(
            ledger, found, operator, request.name
        ),
    )  # fmt: skip


@router.put("/{number}/draft", status_code=204)
async def draft(number: Number, request: DraftRequest, member: Operator, state: State) -> None:
    """What the operator has begun to write; nobody else sees it, so nothing is written down."""

    def keep(session: Session) -> None:
        found = desk.find(session, number, member.city_id)
        drafts.keep(session, found, member.account_id, request.text, utcnow())

    await state.gateway.store.run(keep)


@router.post("/{number}/typing", status_code=204)
async def typing(number: Number, member: Operator, state: State) -> None:
    """The operator is writing; the resident sees it."""
    found = await state.gateway.look(lambda session: desk.find(session, number, member.city_id))
    if found.conversation_id and found.owner_id == member.account_id:
        state.gateway.hub.wake(hub.typing(found.conversation_id, "operator"))


def _wanted(request: CorrectRequest) -> dict[Axis, str]:
    """The labels to be set, all of them known ones. Raises Problem."""
    known = corrections.labels()
    wanted = {}
    for axis, problem in ((Axis.service, "unknown_service"), (Axis.matter, "unknown_matter")):
        label = getattr(request, axis)
        if label is None:
            continue
        if not any(one["id"] == label for one in known[f"{axis}s"]):
            raise Problem(422, problem, str(axis), value=label)
        wanted[axis] = label
    if not wanted:
        raise Problem(422, "correct_what")
    return wanted


async def _done(
    state: AppState, member: StaffMember, number: str, verb: str, deed: Deed
) -> dict[str, Any]:
    """Do it, and show the ticket as it is then."""
    await _do(state, member, number, verb, deed)
    catalogue, operator = state.catalogue, actor_of(member)
    return await state.gateway.look(
        lambda s: board.detail(s, catalogue, desk.find(s, number, member.city_id), operator),
    )


async def _do(state: AppState, member: StaffMember, number: str, verb: str, deed: Deed) -> object:
    """A deed on a ticket whose conversation is held, with its audit row in the same transaction."""

    def held(ledger: Ledger, found: Ticket) -> object:
        result = deed(ledger, found, actor_of(member))
        audit.record(ledger.session, member, verb, "ticket", found.number)
        return result

    return await on_ticket(state.gateway, member, number, held)
