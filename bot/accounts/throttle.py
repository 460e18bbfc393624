"""How often a login may fail. Kept in the database: restarts and more processes change nothing."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from bot.accounts.tables import LoginAttempt

WINDOW = timedelta(minutes=15)
PER_USERNAME, PER_ADDRESS = 5, 20


def source(address: str | None) -> str:
    """What one client counts as: an IPv4 address, or the /64 network that one home is given."""
    try:
        parsed = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return (address or "?")[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))


def locked_for(session: Session, username: str | None, address: str, now: datetime) -> int:
    """Seconds until another try is allowed; 0: now."""
    waits = [_wait(session, LoginAttempt.address == address, PER_ADDRESS, now)]
    if username is not None:
        waits.append(_wait(session, LoginAttempt.username == username, PER_USERNAME, now))
    return max(waits)


def failed(session: Session, username: str | None, address: str, now: datetime) -> None:
    """Count one failure."""
    session.add(LoginAttempt(username=username, address=address, at=now))


def forget(session: Session, now: datetime) -> None:
    """Delete the failures that no longer count."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.at <= now - WINDOW))


def forgive(session: Session, username: str) -> None:
    """A right password, or a new one: this name's earlier slips no longer count."""
    session.execute(delete(LoginAttempt).where(LoginAttempt.username == username))


def _wait(session: Session, who: ColumnElement[bool], most: int, now: datetime) -> int:
    """Until the oldest of the last `most` failures is out of the window."""
    query = (
        select(LoginAttempt.at)
        .where(who, LoginAttempt.at > now - WINDOW)
        .order_by(LoginAttempt.at.desc())
        .offset(most - 1)
        .limit(1)
    )
    oldest = session.scalar(query)
    if oldest is None:
        return 0
    return max(1, int((oldest + WINDOW - now).total_seconds()) + 1)
