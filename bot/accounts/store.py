"""Accounts and tokens: made, changed, ended. Every change is in the audit.

Functions take a Session inside its transaction. What cannot be done raises AccountError with a key
of bot/content/accounts.yml.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.accounts import audit, throttle
from bot.accounts.audit import Actor
from bot.accounts.names import username as spelt
from bot.accounts.roles import Role
from bot.accounts.tables import Account, ApiToken, LoginSession
from bot.clock import utcnow

TOKEN_PREFIX = "wenfa_"  # noqa: S105  (so that a leaked one is recognised)
NAME_LONGEST = 30


class AccountError(Exception):
    """`args[0]` is a key of accounts.yml, `values` fill its text."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key = key
        self.values = values


def digest(secret: str) -> str:
    """What is kept of a cookie or a token (both have 256 random bits)."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def find(session: Session, typed: str) -> Account:
    """The account of a user name. Raises AccountError."""
    name = spelt(typed)
    found = session.scalar(select(Account).where(Account.username == name)) if name else None
    if found is None:
        raise AccountError("unknown_user", username=typed)
    return found


def everybody(session: Session) -> Sequence[Account]:
    """All accounts by user name."""
    return session.scalars(select(Account).order_by(Account.username)).all()


def add(
    session: Session,
    by: Actor,
    typed: str,
    password_hash: str,
    roles: Collection[Role],
    *,
    name: str | None = None,
    city_id: str | None = None,
    place_id: str | None = None,
) -> Account:
    """A new account. Raises AccountError."""
    username = free(session, typed)
    shown = username if name is None else " ".join(name.split())
    if not shown or len(shown) > NAME_LONGEST or not shown.isprintable():
        raise AccountError("bad_name", longest=NAME_LONGEST)
    now = utcnow()
    account = Account(
        id=uuid.uuid4().hex,
        username=username,
        name=shown,
        roles=_written(roles),
        city_id=city_id,
        place_id=place_id,
        password_hash=password_hash,
        created_at=now,
        password_changed_at=now,
        disabled_at=None,
    )
    session.add(account)
    detail = {"roles": account.roles, "name": shown, "city": city_id, "place": place_id}
    audit.record(session, by, "account.add", "account", username, detail)
    return account


def free(session: Session, typed: str) -> str:
    """The user name as it will be kept. Raises AccountError when wrong or taken."""
    username = spelt(typed)
    if username is None:
        raise AccountError("bad_username")
    if session.scalar(select(Account.id).where(Account.username == username)):
        raise AccountError("username_taken", username=username)
    return username


def set_roles(session: Session, by: Actor, account: Account, roles: Collection[Role]) -> None:
    """Instead of the roles it had; works from the next request on."""
    before, account.roles = account.roles, _written(roles)
    detail = {"before": before, "after": account.roles}
    audit.record(session, by, "account.roles", "account", account.username, detail)


def set_password(session: Session, by: Actor, account: Account, password_hash: str) -> None:
    """Ends every login of this account, and its lock after wrong passwords."""
    account.password_hash = password_hash
    account.password_changed_at = utcnow()
    end_logins(session, account)
    throttle.forgive(session, account.username)
    audit.record(session, by, "account.password", "account", account.username)


def disable(session: Session, by: Actor, account: Account) -> None:
    """Nothing of it works any longer: not the password, no login, no token."""
    if account.disabled_at is None:
        account.disabled_at = utcnow()
        audit.record(session, by, "account.disable", "account", account.username)
    end_logins(session, account)


def enable(session: Session, by: Actor, account: Account) -> None:
    """The password and the tokens work again."""
    if account.disabled_at is not None:
        account.disabled_at = None
        audit.record(session, by, "account.enable", "account", account.username)


def end_logins(session: Session, account: Account) -> None:
    """Every browser of this account is logged out."""
    session.execute(delete(LoginSession).where(LoginSession.account_id == account.id))


def add_token(
    session: Session, by: Actor, account: Account, label: str, days: int
) -> tuple[ApiToken, str]:
    """A new bearer token, and its secret: this is the only time that it can be seen."""
    if len(label) > NAME_LONGEST or not label.isprintable():
        raise AccountError("bad_label", longest=NAME_LONGEST)
    if not 1 <= days <= 3650:
        raise AccountError("bad_days")
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    now = utcnow()
    token = ApiToken(
        id=secrets.token_hex(4),
        digest=digest(secret),
        account_id=account.id,
        label=label,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session.add(token)
    detail = {"username": account.username, "label": label, "days": days}
    audit.record(session, by, "token.add", "token", token.id, detail)
    return token, secret


def tokens(session: Session) -> Sequence[tuple[ApiToken, Account]]:
    """All tokens with whom they act as, oldest first."""
    query = (
        select(ApiToken, Account)
        .join(Account, Account.id == ApiToken.account_id)
        .order_by(ApiToken.created_at, ApiToken.id)
    )
    return [(token, account) for token, account in session.execute(query)]


def revoke_token(session: Session, by: Actor, token_id: str) -> None:
    """Raises AccountError."""
    token = session.get(ApiToken, token_id)
    if token is None:
        raise AccountError("unknown_token", id=token_id)
    session.delete(token)
    audit.record(session, by, "token.revoke", "token", token_id)


def _written(roles: Collection[Role]) -> list[str]:
    if not roles:
        raise AccountError("no_role")
    return [role.value for role in Role if role in roles]
