"""One kind of thing on the staff's site: who may touch which, and how a request names it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy.orm import Session

from bot.accounts.logins import StaffMember
from bot.api.state import AppState
from knowledge.editing import versions
from knowledge.editing.fields import CITY_BASIS, CITY_TEXT, Field, fields, write_body
from knowledge.editing.frame import Frame
from knowledge.editing.kinds import Body, Kind, city_of
from knowledge.editing.rules import only_own_city
from knowledge.editing.versions import Entry, NotThere

Result = TypeVar("Result")


class Elsewhere(Exception):
    """It belongs to a city that this member does not keep."""


class OwnCityOnly(Exception):
    """The change touches more than the member's own city."""


@dataclass(frozen=True)
class Seen:
    """What a form has shown: the published version, and the draft's revision (0: none)."""

    version: int
    revision: int

    @classmethod
    def of(cls, form: Mapping[str, str]) -> Seen:
        """From the hidden fields; something else than numbers has seen nothing."""
        numbers = (form.get("seen", ""), form.get("revision", ""))
        version, revision = (
            int(text) if text.isascii() and text.isdecimal() and len(text) < 9 else -1
            for text in numbers
        )
        return cls(version, revision)


def kind_named(name: str) -> Kind:
    """Raises NotThere."""
    try:
        return Kind(name)
    except ValueError:
        raise NotThere from None


def may_see(member: StaffMember, kind: Kind, entry: Entry) -> bool:
    """Answers are everybody's; places and people are their city's."""
    standing = entry.body or entry.newest
    return member.city_id is None or city_of(kind, standing) in (None, member.city_id)


async def opened(state: AppState, member: StaffMember, kind: Kind, object_id: str) -> Entry:
    """Raises NotThere, Elsewhere, StoreAway."""

    def read(session: Session) -> Entry:
        return versions.entry(session, kind, object_id)

    entry = await state.gateway.store.look(read)
    if not may_see(member, kind, entry):
        raise Elsewhere
    return entry


def own_fields(member: StaffMember, kind: Kind, frame: Frame) -> tuple[Field, ...]:
    """The fields that a member may write: who keeps one city, that city's text of an answer."""
    every = fields(kind, frame)
    if kind is not Kind.faq or member.city_id is None:
        return every
    own = {f"{CITY_TEXT}.{member.city_id}", f"{CITY_BASIS}.{member.city_id}"}
    return tuple(field for field in every if field.name in own)


def written(
    member: StaffMember, kind: Kind, before: Body | None, form: Mapping[str, str], frame: Frame
) -> dict[str, str]:
    """The texts of a form over those that were there: what is not shown is not changed."""
    texts = write_body(kind, before, frame) if before else {}
    return texts | {
        field.name: form[field.name]
        for field in own_fields(member, kind, frame)
        if field.name in form
    }


def may_change(member: StaffMember, kind: Kind, before: Body | None, after: Body) -> None:
    """Raises OwnCityOnly."""
    if member.city_id and not only_own_city(kind, before, after, member.city_id):
        raise OwnCityOnly


async def done(state: AppState, work: Callable[[Session], Result]) -> Result:
    """A change, and what residents are shown from the next moment on."""
    result = await state.gateway.store.run(work)
    state.live.refresh()
    return result
