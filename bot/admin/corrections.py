"""/admin/corrections: categories that operators corrected, to be taken as examples or not."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from sqlalchemy.orm import Session

from bot.accounts import audit
from bot.admin.questions import LONGEST_NUMBER
from bot.admin.site import HERE, PAGES, Editor, Reviewer, admin_page, refused
from bot.api.state import State
from bot.clock import utcnow
from bot.tickets import corrections
from bot.tickets.corrections import Review
from bot.web.forms import plain_form
from bot.web.pages import Pages, to

WORDS = Pages(HERE, "corrections")
ADDRESS = "/admin/corrections"
SHOWN = 100
VERDICTS = {
    "accept": (Review.accepted, "correction.accept", "example_taken"),
    "refuse": (Review.refused, "correction.refuse", "example_left"),
}
router = APIRouter(prefix=ADDRESS, include_in_schema=False)


@router.get("")
async def listed(request: Request, member: Editor, state: State) -> HTMLResponse:
    """The newest first, in the words in which they are kept: masked."""
    found = await state.gateway.look(lambda s: corrections.candidates(s, member.city_id, SHOWN))
    cities, change = state.catalogue.atlas.cities, corrections.change_of
    rows = [
        (row, change(row.axis, row.before, row.after), cities[row.city_id].name) for row in found
    ]
    return admin_page(
        "corrections.html", member, "corrections",
        w=WORDS.words, done=PAGES.done_text(request), shown=SHOWN, rows=rows,
    )  # fmt: skip


@router.post("/settle")
async def settled(request: Request, member: Reviewer, state: State) -> Response:
    """A reviewer takes it as an example, or leaves it."""
    fields = await plain_form(request)
    id_, verdict = fields.get("id", ""), VERDICTS.get(fields.get("verdict", ""))
    number = id_ if id_.isascii() and id_.isdecimal() and len(id_) <= LONGEST_NUMBER else ""
    if not number or verdict is None:
        return refused(member, "corrections", "not_there", 404)
    state_after, verb, done = verdict

    def write(session: Session) -> None:
        # a second click is no second deed
        row = corrections.review(session, int(number), state_after, member, utcnow())
        if row is not None:
            audit.record(session, member, verb, "correction", row.id)

    await state.gateway.store.run(write)
    return to(ADDRESS, done)
