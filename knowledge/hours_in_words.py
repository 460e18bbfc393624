"""What is said beside a place's hours: nobody there today, a holiday, a made-up working day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from knowledge.china import CHINA
from knowledge.hours import Closure, Opening, Why, closed_today
from knowledge.wording import wording


def exception_in_words(
    opening: Opening, closures: Sequence[Closure], moment: datetime
) -> str | None:
    """The exception of today, most telling first; None on a day like any other."""
    text = wording()
    today = moment.astimezone(CHINA).date()
    closure = opening.closure or closed_today(closures, moment)
    if closure:
        return _closure(closure, today, coming=opening.closure is None)
    if opening.why is Why.holiday:
        key = "holiday_unknown" if opening.now is None else "holiday_closed"
        return str(text[key].format(holiday=opening.holiday))
    if opening.why is Why.made_up:
        return str(text["made_up_unknown" if opening.now is None else "made_up"])
    return str(text["not_announced"]) if opening.why is Why.not_announced else None


def moment_in_words(moment: datetime, today: date) -> str:
    """今天 17:30, 明天 24:00, 12月1日 9:00 (China's time)."""
    text, here = wording(), moment.astimezone(CHINA)
    if here.time() == time():  # midnight belongs to the day that it ends
        return str(text["midnight"].format(day=_day(here.date() - timedelta(days=1), today)))
    day = _day(here.date(), today)
    return str(text["moment"].format(day=day, hour=here.hour, minute=here.minute))


def _closure(closure: Closure, today: date, *, coming: bool) -> str:
    key = ("closed_coming" if coming else "closed") + ("_because" if closure.reason else "")
    return str(
        wording()[key].format(
            until=moment_in_words(closure.ends, today),
            to=moment_in_words(closure.ends, today),
            reason=closure.reason,
            **{"from": moment_in_words(closure.starts, today)},
        )
    )


def _day(day: date, today: date) -> str:
    text = wording()
    named = {today: text["today"], today + timedelta(days=1): text["tomorrow"]}
    return str(named.get(day) or text["day"].format(month=day.month, day=day.day))
