"""Who is on duty: by an open console, by their own word, until they log out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import Engine, delete
from sqlalchemy.orm import Session

from bot.clock import utcnow
from bot.duty import presence
from bot.duty.presence import Presence, is_present
from bot.duty.staffing import anybody_present, staffed
from bot.duty.tables import Duty
from tests.bot.conversing import on_duty

NOW = utcnow()
MINUTE = timedelta(minutes=1)


@pytest.fixture
def ming(any_database: Engine) -> str:
    """An operator of Zhongshan who has not opened the console yet."""
    actor = on_duty(any_database, "ming", city_id="zhongshan")
    with Session(any_database.execution_options(immediate=True)) as session, session.begin():
        session.execute(delete(Duty))
    assert actor.id
    return actor.id


def written(database: Engine) -> Session:
    return Session(database.execution_options(immediate=True))


def test_whoever_opens_the_console_is_on_duty_until_it_is_not_heard_of(
    any_database: Engine, ming: str
) -> None:
    with written(any_database) as session, session.begin():
        assert not anybody_present(session, "zhongshan", NOW, MINUTE)
        presence.seen(session, ming, NOW)
        session.flush()
        assert anybody_present(session, "zhongshan", NOW, MINUTE)
        assert not anybody_present(session, "qingyuan", NOW, MINUTE)
        assert anybody_present(session, "zhongshan", NOW + MINUTE, MINUTE)
        assert not anybody_present(session, "zhongshan", NOW + 2 * MINUTE, MINUTE)


@pytest.mark.parametrize("word", [Presence.away, Presence.off])
def test_what_they_said_stays_until_they_say_otherwise(
    any_database: Engine, ming: str, word: Presence
) -> None:
    with written(any_database) as session, session.begin():
        presence.seen(session, ming, NOW)
        presence.say(session, ming, word, NOW)
        presence.seen(session, ming, NOW + MINUTE)
        row = session.get_one(Duty, ming)
        assert row.state == word
        assert row.seen_at == NOW + MINUTE  # their residents are not left alone for it
        assert not is_present(row, NOW + MINUTE, MINUTE)
        presence.say(session, ming, Presence.on, NOW + MINUTE)
        assert is_present(row, NOW + MINUTE, MINUTE)


@pytest.mark.parametrize("word", list(Presence))
def test_logging_out_ends_the_day_and_the_next_one_begins_with_the_console(
    any_database: Engine, ming: str, word: Presence
) -> None:
    with written(any_database) as session, session.begin():
        presence.say(session, ming, word, NOW)
        session.flush()
        presence.leave(session, ming, NOW)
        session.expire_all()
        assert session.get_one(Duty, ming).state == Presence.off
        presence.seen(session, ming, NOW + MINUTE)
        assert session.get_one(Duty, ming).state == Presence.on


def test_a_disabled_account_staffs_nothing_and_neither_does_an_editor(
    any_database: Engine, ming: str
) -> None:
    from bot.accounts.tables import Account

    with written(any_database) as session, session.begin():
        presence.seen(session, ming, NOW)
        account = session.get_one(Account, ming)
        account.roles = ["editor"]
        session.flush()
        assert not staffed(session, "zhongshan", NOW, MINUTE)
        account.roles, account.disabled_at = ["supervisor"], NOW
        session.flush()
        assert not staffed(session, "zhongshan", NOW, MINUTE)
        account.disabled_at = None
        session.flush()
        assert staffed(session, "zhongshan", NOW, MINUTE)
