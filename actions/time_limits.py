"""By when: the day that a resident says becomes a last day, and a day that is wanted is asked for.

It reads the limits of the desks that were named. A message that is nothing but a day answers the
question, whatever the classifier made of it; days beside the words of their event count at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from actions.reply import Reply, urgent_card, words
from actions.turn import CONSULTATION, Turn
from knowledge.china import today
from knowledge.referrals import Referral, Trouble, refer
from knowledge.time_limits.limits import (
    Reckoned,
    Standing,
    TimeLimit,
    answer_day,
    hear_start,
    reckon,
)
from knowledge.time_limits.said import Said

SHOWN = 2
# desks down the list are not asked about: their limit may never matter
ASKED_AMONG = 2
Slots = dict[str, Any]


def take(turn: Turn, reply: Reply) -> Slots | None:
    """Answer a message that is nothing but a day; None: it is the action's."""
    trouble = remembered(turn)
    day = today()
    said = answer_day(turn.text, day) if turn.text and trouble else None
    if trouble is None or said is None or not turn.calm:
        return None
    referrals = refer(turn.catalogue, turn.city_id, trouble, day)
    limit = asked(referrals)
    if limit is None:
        return None
    text = words()
    reckoned = reckon(limit, said, day)
    lines = in_words(reckoned) if reckoned else text["day_to_come"]
    choices = [
        (text["choose_place"], "request:find_place"),
        (text["choose_handoff"], "request:human_handoff"),
    ]
    reply.say(f"{lines}\n{text['day_as_said']}", choices, urgent_card(turn))
    return {"trouble": turn.told}


def say_limits(reply: Reply, turn: Turn, referrals: list[Referral]) -> bool:
    """The last days that follow from what was said; True when there was any."""
    found = list(_told(referrals, turn.told, today()))[:SHOWN]
    if found:
        reply.say("\n\n".join([*map(in_words, found), words()["day_as_said"]]))
    return bool(found)


def question(referrals: list[Referral]) -> str:
    """The question for the day, with what it is good for; empty when none is to be asked."""
    limit = asked(referrals)
    return str(words()["ask_day"].format(ask=limit.ask)) if limit else ""


def asked(referrals: list[Referral]) -> TimeLimit | None:
    """The limit whose day is asked for: the first of the first desks."""
    for referral in referrals[:ASKED_AMONG]:
        for limit in referral.limits:
            if limit.ask:
                return limit
    return None


def remembered(turn: Turn) -> Trouble | None:
    """The trouble that was told before in this conversation."""
    service, matter = turn.slots.get("service"), turn.slots.get("matter")
    if not (service or matter):
        return None
    return Trouble(
        str(service or CONSULTATION),
        str(matter) if matter else None,
        1.0,
        said=str(turn.slots.get("trouble") or ""),
    )


def in_words(reckoned: Reckoned) -> str:
    """The last day, how long it is until then, and what is uncertain about it."""
    form = words()["limit"]
    limit = reckoned.limit
    head = form["over" if reckoned.standing is Standing.over else "running"].format(
        act=limit.act,
        starts=limit.starts,
        start=_day(reckoned.start.first),
        day=_day(reckoned.last.day),
        weekday=form["weekdays"][reckoned.last.day.weekday()],
        basis=limit.basis,
    )
    lines = [head, _left(reckoned)]
    if not reckoned.start.exact:
        lines.append(form["stretch"].format(start=_day(reckoned.start.first)))
    if reckoned.last.day != reckoned.last.plain:
        lines.append(form["moved"].format(plain=_day(reckoned.last.plain)))
    elif not reckoned.last.announced:
        lines.append(form["not_announced"].format(year=reckoned.last.day.year))
    if limit.exception:
        lines.append(form["exception"].format(exception=limit.exception))
    return "\n".join(line for line in lines if line)


def _left(reckoned: Reckoned) -> str:
    form = words()["limit"]
    if reckoned.standing is Standing.over:
        return str(form["over_still"])
    if reckoned.days_left < 0:
        return str(form["perhaps_over"])
    if reckoned.days_left == 0:
        return str(form["last_day"])
    return str(form["soon" if reckoned.standing is Standing.soon else "left"].format(
        n=reckoned.days_left
    ))  # fmt: skip


def _told(referrals: Iterable[Referral], said: str, day: date) -> Iterable[Reckoned]:
    """Each limit whose event stands beside a day in the text, once."""
    seen: set[str] = set()
    for referral in referrals:
        for limit in referral.limits:
            start: Said | None = hear_start(limit, said, day)
            reckoned = reckon(limit, start, day) if start else None
            if reckoned and limit.id not in seen:
                seen.add(limit.id)
                yield reckoned


def _day(day: date) -> str:
    return str(words()["limit"]["date"].format(year=day.year, month=day.month, day=day.day))
