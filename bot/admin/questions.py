"""/admin/questions: what residents asked and found no answer to, and that it is dealt with."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.admin.site import HERE, PAGES, Editor, admin_page, refused
from bot.api.state import State
from bot.tables import UnansweredQuestion
from bot.unanswered.asked import GROUPED_AT_MOST, Group, groups, settle
from bot.web.forms import plain_form
from bot.web.pages import Pages, to
from knowledge.taxonomy import taxonomy

WORDS = Pages(HERE, "questions")
ADDRESS = "/admin/questions"
SHOWN = 100
LONGEST_NUMBER = 18  # digits of an id that every database can compare
router = APIRouter(prefix=ADDRESS, include_in_schema=False)


@router.get("")
async def listed(request: Request, member: Editor, state: State) -> HTMLResponse:
    """The most frequent first, in the words in which they are kept: masked."""

    def read(session: Session) -> list[Group]:
        return groups(session, city_id=member.city_id, limit=SHOWN)

    found = await state.gateway.store.look(read)
    matters = taxonomy().matters
    return admin_page(
        "questions.html", member, "questions",
        w=WORDS.words, done=PAGES.done_text(request), shown=SHOWN,
        rows=[(group, matters.get(group.matter or ""), _new_answer(group)) for group in found],
    )  # fmt: skip


@router.post("/settle")
async def settled(request: Request, member: Editor, state: State) -> Response:
    """Answered, or not to be answered: nobody has to look at these again."""
    ids = _numbers((await plain_form(request)).get("ids", ""))
    if not ids:
        return refused(member, "questions", "not_there", 404)

    def write(session: Session) -> None:
        row = UnansweredQuestion
        theirs = select(row.id).where(row.id.in_(ids))
        if member.city_id is not None:
            theirs = theirs.where(row.city_id == member.city_id)
        own = session.scalars(theirs.order_by(row.id)).all()
        if own and (count := settle(session, own, member.username)):
            # not its words: those are deleted in their time, the audit never
            audit.record(session, member, "question.settle", "question", own[0], {"count": count})

    await state.gateway.store.run(write)
    return to(ADDRESS, "settled")


def _new_answer(group: Group) -> str:
    """Where an answer to it is begun."""
    asked = {"ask": group.text, "matter": group.matter or ""}
    return f"/admin/faq/new?{urlencode({name: value for name, value in asked.items() if value})}"


def _numbers(text: str) -> list[int]:
    """The ids of a form's field; whatever is none is left out."""
    return [
        int(one)
        for one in text.split(",", GROUPED_AT_MOST)[:GROUPED_AT_MOST]
        if one.isascii() and one.isdecimal() and len(one) <= LONGEST_NUMBER
    ]
