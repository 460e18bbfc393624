"""./wenfa user …, ./wenfa token …, ./wenfa audit: whoever can run them owns the server."""

from __future__ import annotations

import getpass
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer
from sqlalchemy import select
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

import knowledge.tables
from bot.accounts import audit as audit_trail
from bot.accounts import store
from bot.accounts.audit import Actor
from bot.accounts.passwords import LONGEST, SHORTEST, Passwords, WeakPassword
from bot.accounts.roles import Role
from bot.accounts.store import AccountError
from bot.clock import in_china, utcnow
from bot.settings import Settings
from bot.words import words
from knowledge.database import connect

user = typer.Typer()
token = typer.Typer()

UserName = Annotated[str, typer.Argument(metavar="用户名", help="登录用的名字")]
Roles = Annotated[list[str] | None, typer.Option("--role", help="角色，可以写多次")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="从标准输入读密码，给脚本用")]


@user.command("add")
def user_add(
    context: typer.Context,
    username: UserName,
    role: Roles = None,
    display: Annotated[str | None, typer.Option(help="姓名，居民和同事看到的")] = None,
    city: Annotated[str | None, typer.Option(help="只服务哪个城市，默认全部")] = None,
    place: Annotated[str | None, typer.Option(help="服务台是哪个服务点（编号）")] = None,
    password_stdin: FromStdin = False,
) -> None:
    """添加账号。"""
    with _transaction(context) as session:
        roles = _roles(role)
        spelt = store.free(session, username)
        city_id = _city(session, city)
        city_id, place_id = _place(session, place, city_id)
        session.rollback()  # nothing is held while somebody types
        hashed = _password(spelt, password_stdin)
        account = store.add(
            session,
            cli_actor(),
            spelt,
            hashed,
            roles,
            name=display,
            city_id=city_id,
            place_id=place_id,
        )
        _say("added", name=account.name, username=spelt, roles="、".join(account.roles))


@user.command("list")
def user_list(context: typer.Context) -> None:
    """列出全部账号。"""
    states = words("accounts")["state"]
    with _transaction(context) as session:
        rows = [
            (
                account.username,
                account.name,
                "、".join(account.roles),
                account.city_id or states["everywhere"],
                states["disabled" if account.disabled_at else "active"],
            )
            for account in store.everybody(session)
        ]
    _table("user", rows, "nobody")


@user.command("password")
def user_password(
    context: typer.Context, username: UserName, password_stdin: FromStdin = False
) -> None:
    """修改密码，并让已登录的浏览器退出。"""
    with _transaction(context) as session:
        spelt = store.find(session, username).username
        session.rollback()
        hashed = _password(spelt, password_stdin)
        store.set_password(session, cli_actor(), store.find(session, spelt), hashed)
        _say("password", username=spelt)


@user.command("disable")
def user_disable(context: typer.Context, username: UserName) -> None:
    """停用账号：马上退出，密码和令牌都不能再用。"""
    with _transaction(context) as session:
        account = store.find(session, username)
        store.disable(session, cli_actor(), account)
        _say("disabled", username=account.username)


@user.command("enable")
def user_enable(context: typer.Context, username: UserName) -> None:
    """恢复停用的账号。"""
    with _transaction(context) as session:
        account = store.find(session, username)
        store.enable(session, cli_actor(), account)
        _say("enabled", username=account.username)


@user.command("roles")
def user_roles(
    context: typer.Context,
    username: Annotated[str | None, typer.Argument(metavar="[用户名]")] = None,
    role: Roles = None,
) -> None:
    """修改一个账号的角色；不写用户名时，列出全部角色。"""
    if username is None:
        for name, meaning in words("accounts")["roles"].items():
            typer.echo(f"{name:<12}{meaning}")
        return
    with _transaction(context) as session:
        account = store.find(session, username)
        store.set_roles(session, cli_actor(), account, _roles(role))
        _say("roles", username=account.username, roles="、".join(account.roles))


@token.command("add")
def token_add(
    context: typer.Context,
    username: UserName,
    label: Annotated[str, typer.Option(help="用途")] = "",
    days: Annotated[int, typer.Option(help="有效天数")] = 365,
) -> None:
    """给一个账号发令牌，只显示一次。"""
    with _transaction(context) as session:
        account = store.find(session, username)
        made, secret = store.add_token(session, cli_actor(), account, label, days)
        until = _local(made.expires_at)
        # the words beside it, so that a script can take the secret alone
        _say("token", err=True, username=account.username, id=made.id, until=until)
    typer.echo(secret)


@token.command("list")
def token_list(context: typer.Context) -> None:
    """列出令牌（不显示内容）。"""
    states = words("accounts")["state"]
    with _transaction(context) as session:
        rows = []
        for made, account in store.tokens(session):
            state = "expired" if made.expires_at <= utcnow() else "active"
            state = "disabled" if account.disabled_at else state
            until = _local(made.expires_at)
            rows.append((made.id, account.username, made.label, until, states[state]))
    _table("token", rows, "no_tokens")


@token.command("revoke")
def token_revoke(
    context: typer.Context,
    token_id: Annotated[str, typer.Argument(metavar="编号", help="见 token list")],
) -> None:
    """作废一个令牌。"""
    with _transaction(context) as session:
        store.revoke_token(session, cli_actor(), token_id)
        _say("revoked", id=token_id)


def audit(context: typer.Context, last: int) -> None:
    """The newest `last` rows of the audit, oldest first."""
    verbs, objects = words("accounts")["verb"], words("accounts")["object"]
    with _transaction(context) as session:
        if not 1 <= last <= 10000:
            raise AccountError("bad_count")
        rows = [
            (
                _local(row.at, seconds=True),
                row.username,
                verbs.get(row.verb, row.verb),
                f"{objects.get(row.object_kind, row.object_kind)} {row.object_id}",
                row.address or "",
                "" if row.detail is None else audit_trail.shown(row.detail),
            )
            for row in audit_trail.last(session, last)
        ]
    _table("audit", rows, "no_audit")


@contextmanager
def _transaction(context: typer.Context) -> Iterator[Session]:
    """A session that commits at its end; what goes wrong becomes one line."""
    settings: Settings = context.obj()
    try:
        database = connect(settings.database_url)
        try:
            with Session(database.execution_options(immediate=True)) as session:
                yield session
                session.commit()
        finally:
            database.dispose()
    except AccountError as error:
        _fail(error.key, **error.values)
    except (OperationalError, ProgrammingError, OSError):
        _fail("not_ready")


def _password(username: str, from_stdin: bool) -> str:
    """The hash of a password that was typed twice, or that is the first line of stdin."""
    asked = words("accounts")["ask"]
    try:
        if from_stdin:
            first = sys.stdin.readline().rstrip("\r\n")
        else:
            prompt = asked["password"].format(shortest=SHORTEST)
            first = typer.prompt(prompt, default="", show_default=False, hide_input=True)
            again = typer.prompt(asked["again"], default="", show_default=False, hide_input=True)
            if first != again:
                raise AccountError("not_same")
    except (typer.Abort, UnicodeDecodeError):
        raise AccountError("no_password") from None
    if not first:
        raise AccountError("no_password")
    try:
        return Passwords().hash(username, first)
    except WeakPassword as error:
        raise AccountError(str(error), shortest=SHORTEST, longest=LONGEST) from None


def _roles(names: Iterable[str] | None) -> set[Role]:
    possible = "、".join(Role)
    roles = set()
    for name in names or ():
        try:
            roles.add(Role(name.strip().lower()))
        except ValueError:
            raise AccountError("unknown_role", role=name, roles=possible) from None
    if not roles:
        raise AccountError("no_role", roles=possible)
    return roles


def _city(session: Session, name: str | None) -> str | None:
    """The id of a city by its id or its name."""
    if name is None:
        return None
    cities = session.scalars(select(knowledge.tables.City)).all()
    for city in cities:
        if name in (city.id, city.short, city.name):
            return city.id
    raise AccountError("unknown_city", city=name, cities="、".join(city.id for city in cities))


def _place(
    session: Session, place_id: str | None, city_id: str | None
) -> tuple[str | None, str | None]:
    """A service point's city and id; a desk works in its own city only."""
    if place_id is None:
        return city_id, None
    point = session.get(knowledge.tables.ServicePoint, place_id)
    if point is None or point.archived_at is not None:
        raise AccountError("unknown_place", place=place_id)
    if city_id not in (None, point.city_id):
        raise AccountError("place_elsewhere", place=place_id)
    return point.city_id, place_id


def cli_actor() -> Actor:
    """Whoever sits at the command line, as the system knows them."""
    try:
        login = getpass.getuser()
    except (OSError, KeyError):
        login = "?"
    return Actor(None, words("accounts")["actor"]["cli"].format(login=login))


def _say(key: str, *, err: bool = False, **values: object) -> None:
    typer.echo(words("accounts")["done"][key].format(**values), err=err)


def _fail(key: str, **values: object) -> None:
    typer.echo(words("accounts")["error"][key].format(**values), err=True)
    raise typer.Exit(1)


def _local(at: datetime, *, seconds: bool = False) -> str:
    return in_china(at).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d")


def _table(name: str, rows: Sequence[tuple[str, ...]], nothing: str) -> None:
    """Columns that stand under each other, Chinese characters counted as two."""
    if not rows:
        _say(nothing)
        return
    table = [tuple(words("accounts")["column"][name]), *rows]
    widths = [max(map(_width, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = zip(row, widths, strict=True)
        typer.echo("  ".join(cell + " " * (wide - _width(cell)) for cell, wide in cells).rstrip())


def _width(cell: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in cell)
