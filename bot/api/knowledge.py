"""/knowledge: what staff keep, for programs. The same things, the same rules, the same deeds as on
the staff's site: both call bot/admin/entries.py and bot/admin/changing.py.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from bot.accounts.door import staff
from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.admin import changing
from bot.admin.changing import keeping
from bot.admin.entries import Elsewhere, OwnCityOnly, Seen, done, may_change, opened
from bot.admin.listing import MARKS, WORDS, fits, marks_of
from bot.api import knowledge_fields as plain
from bot.api import knowledge_shapes as shapes
from bot.api.problems import Problem, WrongFields
from bot.api.schemas import CityName
from bot.api.state import AppState, State
from bot.api.tickets import CLOSED
from bot.clock import iso, when
from knowledge.checking import quick_check, shares
from knowledge.china import today
from knowledge.editing import versions
from knowledge.editing.fields import fields, read_body, write_body
from knowledge.editing.kinds import Body, Kind, city_of, name_of
from knowledge.editing.rules import check
from knowledge.editing.versions import NEW, Draft, Entry, NotThere, Stale
from knowledge.editing.words import editing_words

# an admin may do here what a reviewer may: there is no resident's word in it
Editor = Annotated[StaffMember, staff(Role.EDITOR, Role.ADMIN)]
PUBLISHERS = (Role.REVIEWER, Role.ADMIN)
Reviewer = Annotated[StaffMember, staff(*PUBLISHERS)]
ID = r"^[0-9A-Za-z_.-]+$"
Id = Annotated[str, Path(max_length=80, pattern=ID)]


async def refusals() -> AsyncIterator[None]:
    """What the deeds of the staff's site refuse, as problems."""
    try:
        yield
    except NotThere:
        raise Problem(404, "unknown_entry") from None
    except Elsewhere:
        raise Problem(403, "entry_elsewhere") from None
    except OwnCityOnly:
        raise Problem(403, "entry_own_city") from None
    except Stale as late:
        who = f"{late.by or WORDS.words['somebody']} {when(late.at)}".strip()
        raise Problem(409, "entry_stale", owner=who) from None


ROUTER: Mapping[str, Any] = {
    "prefix": "/knowledge",
    "tags": ["knowledge"],
    "responses": CLOSED,
    "dependencies": [Depends(refusals)],
}
router = APIRouter(**ROUTER)


@router.get("", response_model=shapes.KindsAnswer)
async def kinds(member: Editor) -> dict[str, Any]:
    """The kinds of things that staff keep."""
    names = editing_words()["kinds"]
    return {
        "kinds": [{"id": kind, "name": names[kind]} for kind in Kind],
        "may_publish": member.may(*PUBLISHERS),
    }


@router.get("/check", response_model=shapes.CheckAnswer)
async def checked(member: Editor, state: State) -> dict[str, Any]:
    """What is wrong today, what will be, and how much nobody has verified."""
    catalogue = state.catalogue
    found = await run_in_threadpool(quick_check, catalogue, today(), member.city_id)
    return {
        "findings": [
            {"kind": one.kind, "where": one.where, "what": one.what, "wrong": one.wrong}
            for one in found
        ],
        "unverified": [vars(share) for share in shares(catalogue, member.city_id)],
    }


@router.get("/{kind}", response_model=shapes.EntriesAnswer)
async def listed(
    kind: Kind,
    member: Editor,
    app: State,
    q: Annotated[str, Query(max_length=60)] = "",
    state: Annotated[shapes.Mark | None, Query()] = None,
    city: Annotated[CityName | None, Query()] = None,
    about: Annotated[str, Query(max_length=60)] = "",
    after: Annotated[str, Query(max_length=80)] = "",
    limit: Annotated[int, Query(ge=1, le=300)] = 50,
) -> dict[str, Any]:
    """Everything of a kind that the member may see, in the order of the ids; what was taken away
    is there for who asks for it."""
    if state is not None and state not in MARKS[kind]:
        raise Problem(422, "unknown_state", "state", value=state, kinds="、".join(MARKS[kind]))
    wanted = {
        "q": q, "mark": state or "", "about": about,
        "city": app.city(city).id if city else "",
    }  # fmt: skip
    day = today()

    def read(session: Session) -> list[Entry]:
        every = versions.entries(session, kind)
        return [
            entry for entry in every if entry.id > after and fits(entry, member, kind, wanted, day)
        ]

    found = await app.gateway.store.look(read)
    return {
        "entries": [_row(entry) for entry in found[:limit]],
        "next": found[limit - 1].id if len(found) > limit else None,
    }


@router.post("/{kind}", response_model=shapes.EntryShape, status_code=201)
async def create(
    kind: Kind, request: shapes.NewRequest, member: Editor, state: State
) -> dict[str, Any]:
    """The draft of a new thing."""
    body = _body(state, member, kind, None, request.fields)
    object_id = versions.new_id(kind, body, request.mark)
    await done(state, keeping(kind, object_id, body, Seen(NEW, 0), member, False))
    return await shown(state, member, kind, object_id)


@router.get("/{kind}/fields", response_model=shapes.FieldsAnswer)
async def described(kind: Kind, member: Editor, state: State) -> dict[str, Any]:
    """The fields of a kind as a form asks for them."""
    return {"fields": [plain.described(field) for field in fields(kind, state.frame)]}


@router.get("/{kind}/{object_id}", response_model=shapes.EntryShape)
async def entry(kind: Kind, object_id: Id, member: Editor, state: State) -> dict[str, Any]:
    """What residents see, the draft beside it, and what is wrong with the newer of the two."""
    return await shown(state, member, kind, object_id)


@router.put("/{kind}/{object_id}/draft", response_model=shapes.EntryShape)
async def save(
    kind: Kind, object_id: Id, request: shapes.DraftRequest, member: Editor, state: State
) -> dict[str, Any]:
    """A draft over what was there: what is not named stays."""
    before = (await opened(state, member, kind, object_id)).newest
    body = _body(state, member, kind, before, request.fields)
    seen = Seen(request.version, request.revision)
    await done(state, keeping(kind, object_id, body, seen, member, False))
    return await shown(state, member, kind, object_id)


@router.delete("/{kind}/{object_id}/draft", status_code=204)
async def discard(
    kind: Kind,
    object_id: Id,
    member: Editor,
    state: State,
    revision: Annotated[int, Query(ge=0, le=shapes.LARGEST)],
) -> None:
    """The draft of that revision goes; what residents see stays."""
    found = await opened(state, member, kind, object_id)
    await changing.discard(state, member, found, Seen(found.version, revision))


def _body(
    state: AppState, member: StaffMember, kind: Kind, before: Body | None, given: plain.Values
) -> Body:
    """What was sent over what was there. Raises Problem (422), OwnCityOnly."""
    frame = state.frame
    texts = write_body(kind, before, frame) if before else {}
    read = read_body(kind, texts | plain.texts_of(kind, given, frame), frame)
    if read.body is None:
        raise WrongFields("wrong_fields", plain.field_errors(kind, read.problems, frame))
    may_change(member, kind, before, read.body)
    return read.body


async def shown(state: AppState, member: StaffMember, kind: Kind, object_id: str) -> dict[str, Any]:
    """One thing as it stands. Raises NotThere, Elsewhere, StoreAway."""
    found = await opened(state, member, kind, object_id)
    frame = state.frame
    problems = await run_in_threadpool(check, kind, object_id, found.newest, frame, today())
    draft = found.draft
    return {
        **_row(found),
        "kind": kind,
        "fields": plain.shown(kind, found.body, frame) if found.body else None,
        "draft": draft and {**_draft(draft), "fields": plain.shown(kind, draft.body, frame)},
        "checked_by": found.checked_by,
        "checked_at": iso(found.checked_at) if found.checked_at else None,
        "problems": [
            {"field": told.field, "message": told.message, "stops": one.stops}
            for told, one in zip(plain.field_errors(kind, problems, frame), problems, strict=True)
        ],
    }


def _row(found: Entry) -> dict[str, Any]:
    kind, draft = found.kind, found.draft
    return {
        "id": found.id,
        "title": name_of(kind, found.newest),
        "city": city_of(kind, found.body or found.newest),
        "states": marks_of(found, kind, today()),
        "version": found.version,
        "draft": draft and _draft(draft),
    }


def _draft(draft: Draft) -> dict[str, Any]:
    return {
        "revision": draft.revision,
        "by": draft.saved_by,
        "at": iso(draft.saved_at),
        "outdated": draft.outdated,
    }
