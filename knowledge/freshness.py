"""How every process notices within a second that content has changed: a counter in a row."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.orm import Session

from knowledge import tables

# rows of the edition: changes of content, and those of closures
CONTENT = 1
CLOSURES = 2


def count_change(session: Session, counter_id: int) -> None:
    """Say, in the transaction of the change itself, that there was one."""
    now = datetime.now(UTC).replace(tzinfo=None)
    counter = session.get(tables.Edition, counter_id, with_for_update=True)
    if counter is None:
        session.add(tables.Edition(id=counter_id, version=1, loaded_at=now))
    else:
        counter.version += 1
        counter.loaded_at = now
    session.flush()
