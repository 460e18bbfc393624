"""What an error of the Bot API leads to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
    TimedOut,
)

from bot.channels.telegram.faults import LONGEST_PAUSE, Blocked, Later, Never, judge, pause, where

YOUNG, OLD = timedelta(minutes=1), timedelta(hours=25)


def test_too_many_waits_as_long_as_it_is_told() -> None:
    assert judge(RetryAfter(17), 5, YOUNG) == Later(17)
    assert judge(RetryAfter(timedelta(seconds=3)), 0, YOUNG) == Later(3)


@pytest.mark.parametrize("error", [NetworkError("502"), TimedOut(), TelegramError("garbage")])
def test_what_may_pass_is_tried_again_for_a_day(error: TelegramError) -> None:
    verdict = judge(error, 0, YOUNG)
    assert isinstance(verdict, Later)
    assert 0 < verdict.seconds <= 1
    assert judge(error, 100, OLD) == Never()


def test_a_token_that_was_withdrawn_may_come_back() -> None:
    assert isinstance(judge(InvalidToken("x"), 0, YOUNG), Later)


@pytest.mark.parametrize("error", [BadRequest("too long"), ChatMigrated(5)])
def test_what_cannot_succeed_is_given_up(error: TelegramError) -> None:
    assert judge(error, 0, YOUNG) == Never()


def test_who_has_blocked_us_is_left_alone() -> None:
    assert judge(Forbidden("blocked"), 0, OLD) == Blocked()


def test_pauses_double_up_to_a_limit() -> None:
    for attempts in range(60):
        longest = min(LONGEST_PAUSE, 2**attempts)
        assert 0.75 * longest <= pause(attempts) <= longest


def test_an_error_is_named_without_its_words() -> None:
    try:
        raise RuntimeError("老板的名字 123456789:token")
    except RuntimeError as error:
        named = where(error)
    assert named.startswith("RuntimeError at ")
    assert "test_faults.py" in named
    assert "老板" not in named
    assert "token" not in named
    assert where(ValueError("x")) == "ValueError"
