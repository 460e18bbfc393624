"""Tables of the people who work here. Secrets are kept as digests only; times are naive UTC."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.tables import Base, BigId


class Account(Base):
    """A person, or a program that works for one."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(primary_key=True)
    # as bot.accounts.names.username gives it
    username: Mapped[str] = mapped_column(unique=True)
    # what residents and colleagues see
    name: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(JSON)
    # the only city whose residents this person serves; null: every city
    city_id: Mapped[str | None]
    # of a desk: the service point whose slips it sees
    place_id: Mapped[str | None]
    password_hash: Mapped[str]
    created_at: Mapped[datetime]
    password_changed_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class LoginSession(Base):
    """A browser that is logged in; deleted when it ends."""

    __tablename__ = "login_session"

    digest: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    csrf: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class LoginAttempt(Base):
    """A login that failed; deleted when it no longer counts."""

    __tablename__ = "login_attempt"
    __table_args__ = (
        Index("ix_login_attempt_username", "username", "at"),
        Index("ix_login_attempt_address", "address", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    # null when what was typed cannot be anybody's user name: it may well be a password
    username: Mapped[str | None]
    address: Mapped[str]
    at: Mapped[datetime]


class ApiToken(Base):
    """A bearer token: it acts as its account, without a browser."""

    __tablename__ = "api_token"

    id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[str] = mapped_column(
        ForeignKey("account.id", ondelete="CASCADE"), index=True
    )
    label: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Audit(Base):
    """Who did or saw what, when, from where. Rows are only ever added; no foreign key ends them."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_object", "object_kind", "object_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    # null: somebody at the server's own command line
    account_id: Mapped[str | None]
    username: Mapped[str]
    verb: Mapped[str]
    object_kind: Mapped[str]
    object_id: Mapped[str]
    detail: Mapped[dict[str, Any] | None]
    address: Mapped[str | None]
