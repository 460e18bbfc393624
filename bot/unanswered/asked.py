"""What was asked and found no answer: kept masked, grouped by wording, settled by staff."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from bot.clock import utcnow
from bot.tables import UnansweredQuestion
from bot.unanswered.grouping import alike
from bot.unanswered.masking import masked

FEWEST_LETTERS = 4
GROUPED_DAYS = timedelta(days=90)
KEPT_DAYS = timedelta(days=180)
# the newest of them: a flood of questions must not hold up whoever reads them
GROUPED_AT_MOST = 5000
TEXTS_SHOWN = 5
# the door is open to everybody: a flood fills no disk
MOST_AN_HOUR = 1000


class Door(StrEnum):
    """Where it was asked."""

    chat = "chat"
    page = "page"
    api = "api"


@dataclass(frozen=True)
class Group:
    """Questions in nearly the same words; `text` is the shortest of them."""

    text: str
    count: int
    matter: str | None
    last_at: datetime
    ids: tuple[int, ...]
    texts: tuple[str, ...]


def record(
    session: Session,
    city_id: str,
    text: str,
    *,
    matter: str | None,
    service: str | None,
    door: Door,
) -> None:
    """Keep a question, masked; what is too short to be one is left out, and what is too many."""
    question, hour = masked(text), utcnow().replace(minute=0, second=0, microsecond=0)
    if sum(map(str.isalpha, question)) < FEWEST_LETTERS:
        return
    this_hour = select(func.count()).where(UnansweredQuestion.at == hour)
    if session.scalars(this_hour).one() >= MOST_AN_HOUR:
        return
    session.add(
        UnansweredQuestion(
            # by the second it could be laid beside a conversation
            at=hour,
            city_id=city_id,
            matter=matter,
            service=service,
            text=question,
            door=door,
            settled_at=None,
            settled_by=None,
        )
    )


def groups(session: Session, *, city_id: str | None, limit: int) -> list[Group]:
    """What is not settled, of a city or of all (None), the most frequent first."""
    row = UnansweredQuestion
    wanted = select(row.id, row.at, row.matter, row.text).where(
        row.settled_at.is_(None), row.at >= utcnow() - GROUPED_DAYS
    )
    if city_id is not None:
        wanted = wanted.where(row.city_id == city_id)
    newest = wanted.order_by(row.at.desc(), row.id.desc()).limit(GROUPED_AT_MOST)
    found = [(id_, at, matter, text) for id_, at, matter, text in session.execute(newest)]
    members: dict[int, list[int]] = defaultdict(list)
    for at, first in enumerate(alike([text for _, _, _, text in found])):
        members[first].append(at)
    made = [_group([found[at] for at in places]) for places in members.values()]
    made.sort(key=lambda group: group.last_at, reverse=True)
    made.sort(key=lambda group: group.count, reverse=True)
    return made[:limit]


def settle(session: Session, ids: Sequence[int], by: str) -> int:
    """Answered, or not to be answered: no longer shown. How many were still open."""
    row = UnansweredQuestion
    done = session.scalars(
        update(row)
        .where(row.id.in_(ids), row.settled_at.is_(None))
        .values(settled_at=utcnow(), settled_by=by)
        .returning(row.id)
    )
    return len(done.all())


def forget_old(session: Session) -> None:
    """Delete what has been kept for long enough, settled or not."""
    row = UnansweredQuestion
    session.execute(delete(row).where(row.at < utcnow() - KEPT_DAYS))


def _group(rows: Sequence[tuple[int, datetime, str | None, str]]) -> Group:
    texts = sorted(dict.fromkeys(text for *_, text in rows), key=lambda text: (len(text), text))
    matters = Counter(matter for _, _, matter, _ in rows if matter)
    return Group(
        text=texts[0],
        count=len(rows),
        matter=matters.most_common(1)[0][0] if matters else None,
        last_at=max(at for _, at, _, _ in rows),
        ids=tuple(id_ for id_, *_ in rows),
        texts=tuple(texts[:TEXTS_SHOWN]),
    )
