"""A ticket to pass on, another system to pass it on to, and the app between them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.accounts.logins import Accounts
from bot.accounts.roles import Role
from bot.accounts.tables import Account
from bot.api.state import AppState
from bot.app import create_app
from bot.gateway.gateway import Gateway
from bot.gateway.ledger import Actor
from bot.hooks.systems import ExchangeSystem
from bot.settings import Settings
from tests.bot.accounts.people import QUICK, hire
from tests.bot.conftest import FakeEngine
from tests.bot.conversing import gateway
from tests.bot.databases import any_database, templates
from tests.bot.hooks.desks import Desk
from tests.bot.hooks.other import Other, other_system, secret_of

__all__ = ["any_database", "gateway", "templates"]


@pytest.fixture
def other() -> Iterator[Other]:
    with other_system() as listening:
        yield listening


@pytest.fixture
def systems(other: Other) -> dict[str, ExchangeSystem]:
    """12345 for every city, Qingyuan's own 12345, and a 110 that Zhongshan alone has."""
    return {
        "12345": ExchangeSystem(secret=secret_of("all"), url=other.url),
        "12345_qingyuan": ExchangeSystem(secret=secret_of("qingyuan")),
        "110_zhongshan": ExchangeSystem(secret=secret_of("110"), url=other.url),
    }


@pytest.fixture
def exchanging(
    any_database: Engine,
    gateway: Gateway,
    fake_engine: FakeEngine,
    systems: dict[str, ExchangeSystem],
) -> FastAPI:
    """The real app with its routes, without its tasks, over a database of each kind."""
    return app_over(any_database, gateway, fake_engine, Settings(exchange=systems))


def app_over(database: Engine, gateway: Gateway, engine: FakeEngine, settings: Settings) -> FastAPI:
    app = create_app(settings)
    app.state.accounts = Accounts(database, settings, passwords=QUICK)
    app.state.parts = AppState(settings, gateway._catalogue, engine, gateway)
    return app


@pytest.fixture
def desk(any_database: Engine, gateway: Gateway) -> Desk:
    """Li of Zhongshan, who is on duty."""
    hire(any_database, "li", Role.OPERATOR, name="李莉", city_id="zhongshan")
    with Session(any_database) as session:
        account = session.query(Account).filter_by(username="li").one()
        return Desk(gateway, Actor("li", account.id, "李莉"))
