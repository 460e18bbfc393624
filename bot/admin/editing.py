"""/admin/{kind}/{id}: read, write, keep as a draft, publish.

Nothing that was typed is lost: what cannot be read, is wrong, or came too late stands on the page
again beside its reason.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from bot.accounts.logins import StaffMember
from bot.accounts.roles import Role
from bot.admin.changing import keeping
from bot.admin.entries import (
    OwnCityOnly,
    Seen,
    done,
    kind_named,
    may_change,
    opened,
    own_fields,
    written,
)  # fmt: skip
from bot.admin.listing import WORDS, marks_of
from bot.admin.site import PAGES, Editor, admin_page, refused
from bot.api.state import AppState, State
from bot.clock import when
from bot.gateway.store import StoreAway
from bot.web.forms import long_form
from bot.web.pages import to
from knowledge.china import today
from knowledge.editing import versions
from knowledge.editing.differences import Difference, differences
from knowledge.editing.fields import RANKS, fields, read_body, write_body
from knowledge.editing.kinds import Kind, name_of
from knowledge.editing.rules import check
from knowledge.editing.versions import Entry, Stale
from knowledge.editing.words import Problem, editing_words
from knowledge.taxonomy import taxonomy

REVIEW_IN = timedelta(days=180)
LONGEST_ASKED = 300
NEW = "new"  # in the address, in the place of an id
_MARK = re.compile(r"[0-9a-f]{8}").fullmatch
router = APIRouter(prefix="/admin", include_in_schema=False)


@router.get("/{kind}/new")
async def new(request: Request, kind: str, member: Editor, state: State) -> Response:
    """An empty form; `?ask=` and `?matter=` begin one from a question that found no answer."""
    of = kind_named(kind)
    if of is Kind.faq and member.city_id:
        return refused(member, of, "all_cities", 403)
    return _form(state, member, of, None, _defaults(of, request.query_params, member, state))


@router.post("/{kind}/new")
async def create(request: Request, kind: str, member: Editor, state: State) -> Response:
    """A new thing: a draft, or published at once by a reviewer."""
    return await _written(request, kind_named(kind), None, member, state)


@router.get("/{kind}/{object_id}")
async def edit(
    request: Request, kind: str, object_id: str, member: Editor, state: State
) -> Response:
    """Its draft, else what is published."""
    of = kind_named(kind)
    entry = await opened(state, member, of, object_id)
    texts = write_body(of, entry.newest, state.frame)
    problems = await run_in_threadpool(check, of, object_id, entry.newest, state.frame, today())
    return _form(state, member, of, entry, texts, problems, done=PAGES.done_text(request))


@router.post("/{kind}/{object_id}")
async def save(
    request: Request, kind: str, object_id: str, member: Editor, state: State
) -> Response:
    """`deed`: save (a draft) or publish."""
    of = kind_named(kind)
    entry = await opened(state, member, of, object_id)
    return await _written(request, of, entry, member, state)


async def again(
    request: Request, kind: str, object_id: str, member: StaffMember, state: AppState
) -> Response:
    """What was sent without a token of this login: shown as it was typed, and nothing is saved.

    Raises NotThere, Elsewhere, StoreAway; OwnCityOnly when this member may not write all of it.
    """
    of = kind_named(kind)
    entry = None if object_id == NEW else await opened(state, member, of, object_id)
    form, frame = await long_form(request), state.frame
    own = {field.name for field in own_fields(member, of, frame)}
    if any(field.name in form and field.name not in own for field in fields(of, frame)):
        raise OwnCityOnly
    texts = written(member, of, entry.newest if entry else None, form, frame)
    return _form(state, member, of, entry, texts, status=403, alert="again", form=form)


async def _written(
    request: Request, kind: Kind, entry: Entry | None, member: StaffMember, state: AppState
) -> Response:
    form, frame = await long_form(request), state.frame
    before = entry.newest if entry else None
    texts = written(member, kind, before, form, frame)
    shown = partial(_form, state, member, kind, entry, texts, form=form)
    read = read_body(kind, texts, frame)
    if read.body is None:
        return shown(read.problems, status=422)
    publishing = form.get("deed") == "publish"
    try:
        # over a colleague's draft one may go on writing; to publish it takes who may publish it all
        may_change(member, kind, entry.body if entry and publishing else before, read.body)
    except OwnCityOnly:
        return shown(status=403, alert="own_city")
    object_id = entry.id if entry else versions.new_id(kind, read.body, _mark(form))
    problems = await run_in_threadpool(check, kind, object_id, read.body, frame, today())
    if publishing and not member.may(Role.REVIEWER):
        return shown(problems, status=403, alert="reviewer")
    if publishing and any(problem.stops for problem in problems):
        return shown(problems, status=422, alert="stopped")
    try:
        await done(state, keeping(kind, object_id, read.body, Seen.of(form), member, publishing))
    except Stale as late:
        now = await opened(state, member, kind, object_id)
        return _form(state, member, kind, now, texts, problems, status=409, late=late)
    except StoreAway:
        return shown(problems, status=503, alert="away")
    return to(f"/admin/{kind}/{object_id}", "published" if publishing else "saved")


def _form(
    state: AppState,
    member: StaffMember,
    kind: Kind,
    entry: Entry | None,
    texts: Mapping[str, str],
    problems: Sequence[Problem] = (),
    *,
    status: int = 200,
    alert: str = "",
    late: Stale | None = None,
    done: str = "",
    form: Mapping[str, str] | None = None,
) -> Response:
    """`form`: what was sent; what it had seen stays seen, and a colleague's change is told."""
    frame, own = state.frame, own_fields(member, kind, state.frame)
    rest = [field for field in fields(kind, frame) if field not in own]
    told: dict[str, list[Problem]] = {}
    for problem in problems:
        told.setdefault(problem.field, []).append(problem)
    changed: tuple[Difference, ...] = ()
    if entry and entry.body and entry.draft:
        changed = differences(kind, entry.body, entry.draft.body, frame)
    w = WORDS.words
    if late:
        alert_text = w["late"].format(by=late.by or w["somebody"], at=when(late.at))
    elif status == 422 and not alert:
        alert_text = w["alerts"]["unreadable"]
    else:
        alert_text = w["alerts"].get(alert, "")
    if form is None:
        draft = entry.draft if entry else None
        seen = Seen(entry.version if entry else versions.NEW, draft.revision if draft else 0)
    else:
        seen = Seen.of(form)
    return admin_page(
        "entry.html", member, kind, status,
        w=w, kind=kind, entry=entry, texts=texts, fields=own, told=told, ranks=RANKS,
        others=[field for field in rest if texts.get(field.name)],
        elsewhere=[(field.title, one) for field in rest for one in told.get(field.name, ())],
        marks=marks_of(entry, kind, today()) if entry else (),
        title=name_of(kind, entry.newest) if entry else w["new"][kind],
        alert=alert_text, seen=seen, mark=_mark(form or {}) or versions.new_mark(),
        changed=changed, done=done,
        wrong=[(field.title, field.name) for field in own
               if any(one.stops for one in told.get(field.name, ()))],
    )  # fmt: skip


def _mark(form: Mapping[str, str]) -> str | None:
    """What tells a new thing from every other: the same when its form comes a second time."""
    given = form.get("mark", "")
    return given if _MARK(given) else None


def _defaults(
    kind: Kind, asked: Mapping[str, str], member: StaffMember, state: AppState
) -> dict[str, str]:
    words, day, frame = editing_words(), today(), state.frame
    no, yes = words["choices"]["no"], words["choices"]["yes"]
    if kind is Kind.faq:
        matter = asked.get("matter", "")
        known = matter in taxonomy().matters
        return {
            "ask": asked.get("ask", "")[:LONGEST_ASKED],
            "about": frame.shelves.write(matter) if known else "",
            "matters": frame.matters.write(matter) if known else "",
            "review_by": (day + REVIEW_IN).isoformat(),
            "owner": words["owner"],
            "verified": no,
        }
    texts = {
        "city_id": frame.cities.write(member.city_id or state.city(None).id),
        "as_of": day.isoformat(),
        "verified": no,
    }
    return texts | ({"approximate": yes} if kind is Kind.place else {"shown": no})
