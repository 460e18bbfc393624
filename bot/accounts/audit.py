"""Writing down who did or saw what, in the transaction of the deed itself."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.accounts.tables import Audit
from bot.clock import utcnow
from knowledge.text import storable

LONGEST = 4000  # characters of a detail's JSON


@dataclass(frozen=True)
class Actor:
    """Who did it. A StaffMember can stand here too."""

    account_id: str | None
    username: str
    address: str | None = None


def record(
    session: Session,
    member: Any,
    verb: str,
    kind: str,
    object_id: object,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add one row to the caller's transaction: `member` (Actor or StaffMember) did `verb`.

    Views are deeds too. Nothing in `detail` can make it raise; a database that cannot write does,
    when the caller commits: then the deed is not done either.
    """
    session.add(
        Audit(
            at=utcnow(),
            account_id=member.account_id,
            username=member.username,
            verb=verb,
            object_kind=kind,
            object_id=_text(object_id),
            detail=None if detail is None else _plain(detail),
            address=member.address,
        )
    )


def last(session: Session, count: int) -> Sequence[Audit]:
    """The newest `count` rows, oldest first."""
    rows = session.scalars(select(Audit).order_by(Audit.id.desc()).limit(count)).all()
    return rows[::-1]


def shown(detail: Mapping[str, Any]) -> str:
    """A detail on one line."""
    line = json.dumps(detail, ensure_ascii=False)
    return line.encode("utf-8", "replace").decode()


def _plain(detail: Mapping[str, Any]) -> dict[str, Any]:
    """`detail` as every database can keep it."""
    try:
        written = json.dumps(dict(detail), default=str, allow_nan=False)
        if len(written) <= LONGEST:
            plain: dict[str, Any] = json.loads(written)
            return plain
    except Exception as error:  # a __str__ of somebody else's may raise anything
        return {"unwritable": type(error).__name__}
    return {"cut": written[:LONGEST]}


def _text(value: object) -> str:
    """What every database can keep, 200 characters of it."""
    return storable(str(value))[:200]
