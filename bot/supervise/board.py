"""/supervise: the live board. GET /api/v1/board is the same as data, which its script asks for."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.api.problems import ProblemDocument
from bot.api.state import AppState, State
from bot.clock import iso, utcnow
from bot.duty.timing import Timing
from bot.reports import now
from bot.reports.words import percent
from bot.supervise.lately import Lately
from bot.supervise.site import HERE, HOME, Supervisor, clock_of, supervise_page
from bot.tickets.number import shown
from bot.tickets.summary import matter_name, place_name, urgent_name
from bot.web.pages import Pages

WORDS = Pages(HERE, "board")
CLOSED: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemDocument} for status in (401, 403, 503)
}
# where a count is looked into; how grave it is when it is not nothing
LINKS = {
    "callbacks_today": f"{HOME}/callbacks",
    "callbacks_overdue": f"{HOME}/callbacks",
    "follow_ups": f"{HOME}/follow-ups",
    "present": f"{HOME}/duty",
}
BAD = frozenset({"broken", "urgent", "unowned", "callbacks_overdue"})
LOOK = frozenset({"soon", "escalated", "slips_returned", "slips_overdue", "follow_ups"})
Shape = dict[str, Any]
KEPT = 2.0  # seconds
router = APIRouter(prefix=HOME, include_in_schema=False)
api = APIRouter(prefix="/api/v1/board", tags=["supervise"], responses=CLOSED)


def _kept(request: Request) -> Lately[Shape]:
    """One for each app, made when it is first asked for."""
    state = request.app.state
    if not hasattr(state, "board"):
        state.board = Lately[Shape](KEPT)
    kept: Lately[Shape] = state.board
    return kept


Kept = Annotated[Lately[Shape], Depends(_kept)]


@router.get("")
async def board_page(member: Supervisor, state: State, kept: Kept) -> HTMLResponse:
    """The board as it is now; its script keeps it so."""
    return supervise_page(
        "board.html", member, "board",
        w=WORDS.words, b=await _shape(state, kept, member.city_id), links=LINKS,
    )  # fmt: skip


@api.get("")
async def board_data(
    member: Annotated[StaffMember, staff(Role.SUPERVISOR)], state: State, kept: Kept
) -> Shape:
    """Counts, who waits longest, who is asked to look, operators, many against one."""
    return await _shape(state, kept, member.city_id)


async def _shape(state: AppState, kept: Lately[Shape], city_id: str | None) -> Shape:
    atlas, within = state.catalogue.atlas, Timing.of(state.settings).present

    def read(session: Session) -> now.Board:
        return now.board(session, atlas, city_id, utcnow(), within)

    async def fresh() -> Shape:
        return shape(await state.gateway.look(read), state)

    return await kept.get(city_id, fresh)


def shape(found: now.Board, state: AppState) -> Shape:
    """The board with its words: the page and its script show them as they come."""
    text = WORDS.words
    counts = [
        {"id": key, "n": n, "text": str(n), "mark": mark(key, n)} for key, n in found.counts.items()
    ]
    longest = {
        "id": "longest",
        "n": None if found.longest is None else int(found.longest.total_seconds()),
        "text": waited(found.longest),
        "mark": "ok",
    }
    return {
        "at": iso(found.at),
        "at_text": text["at"].format(time=clock_of(found.at)),
        "counts": [counts[0], longest, *counts[1:]],
        "waits": [_wait(one, state) for one in found.waits],
        "asked": [
            {
                **_number(one.number),
                "kind": one.kind,
                "kind_name": text["asked"]["kinds"][one.kind],
                "owner": one.owner,
                "asked": one.asked or "",
            }
            for one in found.asked
        ],
        "operators": [_operator(one) for one in found.operators],
        "opponents": [
            {
                "opponent": one.opponent,
                "count": one.count,
                "matters": text["and"].join(one.matters) or text["unknown"],
                "towns": text["and"].join(one.towns) or text["unknown"],
            }
            for one in found.opponents
        ],
    }


def mark(key: str, n: int) -> str:
    """ok | look | bad: a key of `marks`."""
    if n and key in BAD:
        return "bad"
    return "look" if n and key in LOOK else "ok"


def waited(span: timedelta | None) -> str:
    """40 秒, 3 分 5 秒, 1 小时 20 分."""
    text = WORDS.words["waited"]
    if span is None:
        return str(text["none"])
    minutes, seconds = divmod(int(span.total_seconds()), 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return str(text["hours"]).format(h=hours, m=left)
    if minutes:
        return str(text["minutes"]).format(m=minutes, s=seconds)
    return str(text["seconds"]).format(s=seconds)


def _number(number: str) -> Shape:
    """A ticket's number and where it is opened."""
    return {
        "number": number, "number_shown": shown(number), "url": f"/console?ticket={number}",
    }  # fmt: skip


def _wait(one: now.Wait, state: AppState) -> Shape:
    text, atlas = WORDS.words, state.catalogue.atlas
    return {
        **_number(one.number),
        "urgent": one.urgent,
        "urgent_name": urgent_name(one.urgent) or "",
        "matter_name": matter_name(one.matter) or text["unknown"],
        "place": place_name(state.catalogue, one.region_id) or atlas.cities[one.city_id].name,
        "wait_seconds": int(one.waited.total_seconds()),
        "wait_text": waited(one.waited),
        "standing": one.standing,
        "standing_name": text["standings"][one.standing],
    }


def _operator(one: now.OperatorNow) -> Shape:
    text = WORDS.words["operators"]
    share = one.first_reply
    return {
        "name": one.name,
        "presence": one.presence,
        "presence_name": text["presences"][one.presence],
        "talking": one.talking,
        "closed_today": one.closed_today,
        "first_reply": {"part": share.part, "n": share.n},
        "first_reply_text": (
            text["share"].format(percent=percent(share.value), part=share.part, n=share.n)
            if share.n
            else text["none"]
        ),
    }
