"""Coming in, being known again, going out."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from bot.accounts import audit, roles, store, throttle
from bot.accounts.names import username as spelt
from bot.accounts.passwords import Passwords
from bot.accounts.roles import Role
from bot.accounts.tables import Account, ApiToken, LoginSession
from bot.clock import utcnow
from bot.duty import presence
from bot.settings import Settings

Result = TypeVar("Result")
AT_ONCE = 2  # passwords that are checked at the same time
WAITING = 40  # logins that may stand in line for that
AWAY = (DBAPIError, PoolTimeout)
TOUCH = timedelta(minutes=1)  # how exactly `last_seen_at` is kept


class WrongLogin(Exception):
    """No such user, or not this password, or disabled: nobody is told which."""


class LoginLocked(Exception):
    """Too many failures. `seconds` until the next try."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class LoginBusy(Exception):
    """Too many people at this door at once."""


class AccountsAway(Exception):
    """The database does not answer, or cannot write."""


@dataclass(frozen=True)
class StaffMember:
    """Who is asking. `csrf` is null for a bearer token, which no browser sends by itself."""

    account_id: str
    username: str
    name: str
    roles: frozenset[Role]
    city_id: str | None
    # of a desk: its service point
    place_id: str | None
    csrf: str | None
    # where the request came from
    address: str | None
    # digest of the cookie or token that it came with
    key: str

    def may(self, *needed: Role) -> bool:
        return roles.may(self.roles, needed)


class Accounts:
    """The one place that decides who somebody is. Its methods never block the event loop.

    All of them raise AccountsAway.
    """

    def __init__(
        self,
        database: Engine,
        settings: Settings,
        *,
        passwords: Passwords | None = None,
        clock: Callable[[], datetime] = utcnow,
    ) -> None:
        self.secure_cookie = settings.secure_cookie
        self._database = database
        # what writes takes an SQLite file's lock at its start
        self._writing = database.execution_options(immediate=True)
        self._longest = timedelta(hours=settings.staff_hours)
        self._idle = timedelta(minutes=settings.staff_idle_minutes)
        self._passwords = passwords or Passwords()
        self._clock = clock
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._in_line = 0

    async def login(
        self, typed: str, password: str, address: str | None, old: str | None = None
    ) -> tuple[str, StaffMember]:
        """The cookie's new value and whose it is; the login `old` (a cookie's value) ends.

        Raises WrongLogin, LoginLocked, LoginBusy.
        """
        if self._in_line >= WAITING:
            raise LoginBusy
        self._in_line += 1
        try:
            async with self._gate:
                return await _aside(self._login, typed, password, address, old)
        finally:
            self._in_line -= 1

    async def logout(self, member: StaffMember) -> None:
        """Its cookie is worth nothing from now on. A token stays: it is revoked, not logged out."""
        await _aside(self._logout, member)

    async def by_cookie(self, cookie: str, address: str | None) -> StaffMember | None:
        """Whose login this is; None when there is none, or no longer. Counts as activity."""
        return await _aside(self._by_cookie, store.digest(cookie), address, True)

    async def by_token(self, token: str, address: str | None) -> StaffMember | None:
        """Whose bearer token this is; None when it is nobody's, or no longer."""
        return await _aside(self._by_token, store.digest(token), address)

    async def again(self, member: StaffMember) -> StaffMember | None:
        """The same member as of now, for a stream that stays open; None: close it.

        Does not count as activity: an open page alone keeps nobody logged in.
        """
        if member.csrf is None:
            return await _aside(self._by_token, member.key, member.address)
        return await _aside(self._by_cookie, member.key, member.address, False)

    def _login(
        self, typed: str, password: str, address: str | None, old: str | None
    ) -> tuple[str, StaffMember]:
        """Reads, thinks, writes: no transaction is open while the password is checked."""
        name, source = spelt(typed), throttle.source(address)
        self._passwords.warm()
        with Session(self._database) as session:
            seconds = throttle.locked_for(session, name, source, self._clock())
            if seconds:
                raise LoginLocked(seconds)
            account = (
                session.scalar(select(Account).where(Account.username == name)) if name else None
            )
            kept = account.password_hash if account else None
        right = self._passwords.verify(kept, password)
        renewed = self._passwords.rehashed(kept, password) if kept and right else None
        with Session(self._writing) as session, session.begin():
            now = self._clock()
            throttle.forget(session, now)
            account = session.get(Account, account.id, with_for_update=True) if account else None
            good = right and account is not None and account.password_hash == kept
            answer = None
            if account is None or not good or account.disabled_at is not None:
                self._refuse(session, account, name, address, now)
            else:
                throttle.forgive(session, account.username)
                account.password_hash = renewed or account.password_hash
                answer = self._enter(session, account, address, old, now)
        if answer is None:
            raise WrongLogin
        return answer

    def _refuse(
        self,
        session: Session,
        account: Account | None,
        name: str | None,
        address: str | None,
        now: datetime,
    ) -> None:
        throttle.failed(session, name, throttle.source(address), now)
        if account is not None:
            actor = audit.Actor(account.id, account.username, address)
            audit.record(session, actor, "login.failed", "account", account.username)

    def _enter(
        self,
        session: Session,
        account: Account,
        address: str | None,
        old: str | None,
        now: datetime,
    ) -> tuple[str, StaffMember]:
        """Always a new cookie: one that somebody planted in the browser is never made valid."""
        ended = [
            LoginSession.expires_at <= now,
            LoginSession.last_seen_at <= now - self._idle,
        ]
        if old:
            ended.append(LoginSession.digest == store.digest(old))
        for condition in ended:
            session.execute(delete(LoginSession).where(condition))
        cookie = secrets.token_urlsafe(32)
        login = LoginSession(
            digest=store.digest(cookie),
            account_id=account.id,
            csrf=secrets.token_urlsafe(32),
            created_at=now,
            last_seen_at=now,
            expires_at=now + self._longest,
        )
        session.add(login)
        member = _member(account, login.csrf, address, login.digest)
        audit.record(session, member, "login", "account", account.username)
        return cookie, member

    def _logout(self, member: StaffMember) -> None:
        with Session(self._writing) as session, session.begin():
            session.execute(delete(LoginSession).where(LoginSession.digest == member.key))
            presence.leave(session, member.account_id, self._clock())
            audit.record(session, member, "logout", "account", member.username)

    def _by_cookie(self, key: str, address: str | None, active: bool) -> StaffMember | None:
        now = self._clock()
        query = (
            select(LoginSession, Account)
            .join(Account, Account.id == LoginSession.account_id)
            .where(
                LoginSession.digest == key,
                LoginSession.expires_at > now,
                LoginSession.last_seen_at > now - self._idle,
                Account.disabled_at.is_(None),
            )
        )
        with Session(self._database, expire_on_commit=False) as session:
            row = session.execute(query).one_or_none()
        if row is None:
            return None
        login, account = row
        if active and now - login.last_seen_at >= TOUCH:
            self._touch(key, now)
        return _member(account, login.csrf, address, key)

    def _touch(self, key: str, now: datetime) -> None:
        try:
            with Session(self._writing) as session, session.begin():
                session.execute(
                    update(LoginSession).where(LoginSession.digest == key).values(last_seen_at=now)
                )
        except AWAY:
            return  # a database that cannot write now: reading goes on

    def _by_token(self, key: str, address: str | None) -> StaffMember | None:
        query = (
            select(Account)
            .join(ApiToken, Account.id == ApiToken.account_id)
            .where(
                ApiToken.digest == key,
                ApiToken.expires_at > self._clock(),
                Account.disabled_at.is_(None),
            )
        )
        with Session(self._database, expire_on_commit=False) as session:
            account = session.scalar(query)
        return _member(account, None, address, key) if account else None


async def _aside(work: Callable[..., Result], *arguments: object) -> Result:
    """The work in a thread. Raises AccountsAway."""
    try:
        return await run_in_threadpool(work, *arguments)
    except AWAY as error:
        raise AccountsAway from error


def _member(account: Account, csrf: str | None, address: str | None, key: str) -> StaffMember:
    return StaffMember(
        account_id=account.id,
        username=account.username,
        name=account.name,
        roles=roles.known(account.roles),
        city_id=account.city_id,
        place_id=account.place_id,
        csrf=csrf,
        address=address,
        key=key,
    )
