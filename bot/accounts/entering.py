"""A user name and a password from a form of ours: a login, or why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from bot.accounts.door import COOKIE, accounts_of, address_of
from bot.accounts.logins import AccountsAway, LoginBusy, LoginLocked, StaffMember, WrongLogin

LONGEST_NAME, LONGEST_PASSWORD = 100, 400
BUSY_FOR = 5  # seconds


@dataclass(frozen=True)
class Entered:
    """A login; the one that the browser had before has ended with it."""

    cookie: str
    member: StaffMember


@dataclass(frozen=True)
class TurnedAway:
    """No login: `key` says why, `seconds` until another try is worth it (0: at once)."""

    key: str
    status: int
    seconds: int = 0

    @property
    def minutes(self) -> int:
        return -(-self.seconds // 60)


async def enter(request: Request, username: str, password: str) -> Entered | TurnedAway:
    """Whoever has this name and this password, by a form from this address."""
    if not username.strip() or not password:
        return TurnedAway("empty", 422)
    if len(username) > LONGEST_NAME or len(password) > LONGEST_PASSWORD:
        return TurnedAway("wrong", 401)
    old = request.cookies.get(COOKIE)
    try:
        entered = await accounts_of(request).login(username, password, address_of(request), old)
    except WrongLogin:
        return TurnedAway("wrong", 401)
    except LoginLocked as error:
        return TurnedAway("locked", 429, error.seconds)
    except LoginBusy:
        return TurnedAway("busy", 503, BUSY_FOR)
    except AccountsAway:
        return TurnedAway("away", 503, BUSY_FOR)
    return Entered(*entered)
