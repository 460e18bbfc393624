"""A row of duty that is there, held until the transaction ends; made at the first look."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.duty.tables import Duty, DutyHours

Row = TypeVar("Row", Duty, DutyHours)


def held(session: Session, table: type[Row], key: str, fresh: Callable[[], Row]) -> Row:
    """The row of a key; `fresh` makes one when there is none."""
    found = session.get(table, key, with_for_update=True)
    if found is not None:
        return found
    row = fresh()
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # another process was first
        return session.get_one(table, key, with_for_update=True)
    return row
